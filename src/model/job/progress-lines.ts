/** A log line about a step, as `--log-format json` writes it. */
interface StepLine {
  readonly kind: 'started' | 'note' | 'finished' | 'failed';
  readonly step: string;
  /** Epoch milliseconds; NaN when the line has no time. */
  readonly time: number;
  /** The duration of a step that ended. */
  readonly seconds: number | undefined;
  /** The text of a note, or the reason of a failure. */
  readonly text: string;
}

/** A step of a job, as its log shows it. */
export interface JobStep {
  readonly step: string;
  readonly state: 'running' | 'finished' | 'failed';
  /** Epoch milliseconds; undefined when the start is not in this part of the log. */
  readonly startedAt: number | undefined;
  /** The duration of a step that ended. */
  readonly seconds: number | undefined;
  /** The last note of a running step, or the reason of a failure; empty without. */
  readonly text: string;
}

/** Lists the steps in a log, in the order of their first lines. A step that is repeated has its last state. */
export function listSteps(progressText: string): readonly JobStep[] {
  const steps = new Map<string, JobStep>();
  for (const { kind, step, time, seconds, text } of readSteps(progressText)) {
    const before = kind === 'started' ? undefined : steps.get(step);
    const ended = kind === 'finished' || kind === 'failed';
    const started = kind === 'started' ? time : time - 1000 * (seconds ?? Number.NaN);
    const startedAt = before?.startedAt ?? (Number.isNaN(started) ? undefined : started);
    steps.set(step, { step, state: ended ? kind : 'running', startedAt, seconds, text });
  }
  return [...steps.values()];
}

/**
 * Returns the current step of a job from its log (`--log-format json`): the last started step that has not ended, else
 * the last step in the log; empty when the log has none. Ignores incomplete lines, so a part of a log is enough.
 */
export function lastStepOf(progressText: string): string {
  const events = readSteps(progressText);
  return listRunning(events).at(-1) ?? events.at(-1)?.step ?? '';
}

const COPY_STEP = 'copy image to ';

/** Lists the clouds that a job was copying to at the end of its log. */
export function listCopiesOf(progressText: string): readonly string[] {
  const copies = listRunningSteps(progressText).filter((step) => step.startsWith(COPY_STEP));
  return copies.map((step) => step.slice(COPY_STEP.length));
}

/** Lists the steps that run at the end of a log, the oldest first. */
export function listRunningSteps(progressText: string): readonly string[] {
  return listRunning(readSteps(progressText));
}

/** Returns the complete lines of a log. */
export function readLogLines(
  progressText: string,
): readonly { readonly message: unknown; readonly fields: unknown }[] {
  return progressText.split('\n').flatMap((line) => {
    const value = parse(line);
    return isMapping(value) ? [{ message: value['message'], fields: value['fields'] }] : [];
  });
}

function readSteps(progressText: string): readonly StepLine[] {
  return progressText.split('\n').flatMap((line) => readLine(line) ?? []);
}

function listRunning(events: readonly StepLine[]): readonly string[] {
  return events.reduce<readonly string[]>(updateRunning, []);
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
  const { seconds, text, reason } = value['fields'];
  return {
    kind: kind as StepLine['kind'],
    step,
    time: Date.parse(String(value['time'])),
    seconds: typeof seconds === 'number' ? seconds : undefined,
    text: [text, reason].find((each) => typeof each === 'string') ?? '',
  };
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

/** Returns the last `count` entries of a log for people, one on each line: `14:00:05Z step note: upload 40 %`. */
export function renderLogTail(progressText: string, count: number): string {
  const lines = progressText.split('\n').flatMap((line) => renderEntry(line) ?? []);
  return lines.slice(-count).join('\n');
}

const MAX_ENTRY = 500;

function renderEntry(line: string): string | undefined {
  const value = parse(line);
  if (!isMapping(value) || typeof value['message'] !== 'string') return undefined;
  const fields = isMapping(value['fields']) ? value['fields'] : {};
  const shown = [fields['step'], fields['text'] ?? fields['reason']].filter(
    (each) => typeof each === 'string',
  );
  const time = String(value['time']).slice(11, 19);
  return `${time}Z ${value['message']}${shown.length === 0 ? '' : ` ${shown.join(': ')}`}`.slice(
    0,
    MAX_ENTRY,
  );
}
