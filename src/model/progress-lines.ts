/** A log line about a step, as `--log-format json` writes it. */
interface StepLine {
  readonly kind: 'started' | 'note' | 'finished' | 'failed';
  readonly step: string;
}

/**
 * Returns the current step of a job from its log (`--log-format json`): the last started step that has not ended, else
 * the last step in the log; empty when the log has none. Ignores incomplete lines, so a part of a log is enough.
 */
export function lastStepOf(progressText: string): string {
  let running: readonly string[] = [];
  let last = '';
  for (const line of progressText.split('\n')) {
    const event = readLine(line);
    if (event === undefined) continue;
    last = event.step;
    running = updateRunning(running, event);
  }
  return running.at(-1) ?? last;
}

/** Returns the running steps, the oldest first. A step with a note but without a start began before this part of the log. */
function updateRunning(running: readonly string[], { kind, step }: StepLine): readonly string[] {
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
    return undefined; // an incomplete line, or text of another program
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
