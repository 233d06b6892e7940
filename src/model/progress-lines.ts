/** One line that tells of a step, as `--log-format json` writes it. */
interface StepLine {
  readonly kind: 'started' | 'note' | 'finished' | 'failed';
  readonly step: string;
}

/**
 * The step that a job is at, from its log (`--log-format json`): the last started one that has not ended, else the last
 * one told of; empty before the first. What stands in no whole line is passed over, so that a piece of a log will do.
 */
export function lastStepOf(progressText: string): string {
  let running: readonly string[] = [];
  let last = '';
  for (const line of progressText.split('\n')) {
    const told = readLine(line);
    if (told === undefined) continue;
    last = told.step;
    running = follow(running, told);
  }
  return running.at(-1) ?? last;
}

/** The running steps, the oldest first. One that only a note tells of began before this piece of the log. */
function follow(running: readonly string[], { kind, step }: StepLine): readonly string[] {
  if (kind === 'note') return running.includes(step) ? running : [step, ...running];
  const others = running.filter((other) => other !== step);
  return kind === 'started' ? [...others, step] : others;
}

function readLine(line: string): StepLine | undefined {
  const value = parse(line);
  if (!isMapping(value) || !isMapping(value['fields'])) return undefined;
  const kind = /^step (started|note|finished|failed)$/.exec(String(value['message']))?.[1];
  const step = value['fields']['step'];
  if (kind === undefined || typeof step !== 'string') return undefined;
  return { kind: kind as StepLine['kind'], step };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // cut off at its beginning or its end, or another's text
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
