import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openStage } from '../support/charm-on-emulator.ts';
import { JobFollower } from './follow-jobs.ts';
import { UnitFollower } from './follow-unit.ts';
import { type Screen, createScreen } from './screen.ts';
import { tellStory } from './story.ts';

const USAGE = `npm run demo [-- OPTIONS]

Deploys the packed charm under a double of Juju's unit agent, in front of two emulated OpenStack clouds, and shows what
happens: builds, copies, a consumer that joins late, a cloud that goes down and comes back, an action. Needs no root, no
network and no cloud; leaves nothing behind. Takes less than a minute.

  --format text|json   lines for people (default), or one JSON object in each line
  --speed N            how many times faster than a small real cloud the emulated ones are (default: 12)
  --help               this text

Exit codes: 0 all went well; 1 something did not, and was told; 2 wrong options.
`;

const LOOK_MS = 50;

interface Options {
  readonly format: 'text' | 'json';
  readonly speed: number;
}

function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      format: { type: 'string', default: 'text' },
      speed: { type: 'string', default: '12' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const speed = Number(values.speed);
  const problems = [
    ...(values.format === 'text' || values.format === 'json'
      ? []
      : [`--format: expected text or json, got ${values.format}`]),
    ...(speed > 0 && speed <= 1000 ? [] : [`--speed: expected a number from 0 to 1000, got ${values.speed}`]),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { format: values.format === 'json' ? 'json' : 'text', speed };
}

/** Looks again and again at what goes on, until `signal` is aborted; and once more then. */
async function follow(looks: readonly (() => unknown)[], signal: AbortSignal): Promise<void> {
  const lookAtAll = async (): Promise<void> => {
    for (const look of looks) await look();
  };
  while (!signal.aborted) {
    await lookAtAll();
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  await lookAtAll();
}

/** Why the demo is ended before its end, and with which exit code. */
class Interruption extends Error {
  readonly exitCode: number;

  constructor(why: string, exitCode: number) {
    super(why);
    this.exitCode = exitCode;
  }
}

/** Aborted when somebody or something ends the demo: a signal, a reader that is gone, a defect. */
function listenForEnd(): AbortSignal {
  const end = new AbortController();
  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => end.abort(new Interruption(`ended by ${signal}`, code)));
  }
  process.stdout.on('error', () => end.abort(new Interruption('nobody reads any more', 141)));
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(fault, (error: unknown) => end.abort(error));
  }
  return end.signal;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function play({ speed }: Options, screen: Screen, end: AbortSignal): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'image-builder-demo-'));
  const stage = await openStage({ folder, speed, baseImageMiB: 6, linkBytesPerSecond: 24e6 });
  const over = new AbortController();
  const ended = untilAborted(end);
  const unit = new UnitFollower(stage.machine, stage.agent, screen);
  const jobs = new JobFollower(stage.paths.jobs, screen);
  const following = follow([() => unit.look(), () => jobs.look()], over.signal);
  try {
    screen.line(
      'demo',
      'two clouds answer on loopback: a, to build in, and b, with Keystone and Glance only',
    );
    const story = tellStory({ stage, screen, unit });
    return await Promise.race([story, ended, following.then(() => untilAborted(end))]);
  } finally {
    over.abort();
    await following.catch(() => undefined);
    screen.live([]);
    await stage.close();
  }
}

async function tell(options: Options): Promise<number> {
  const began = performance.now();
  const end = listenForEnd();
  const write = (text: string): void => void process.stdout.write(text);
  const isTerminal = process.stdout.isTTY;
  const columns = isTerminal ? process.stdout.columns : 100;
  const elapsed = (): number => performance.now() - began;
  const screen = createScreen({ format: options.format, isTerminal, columns, write, elapsed });
  try {
    const problems = await play(options, screen, end);
    for (const problem of problems) screen.line('problem', problem);
    if (problems.length === 0) screen.line('demo', 'nothing is left but good images; all went well');
    return problems.length === 0 ? 0 : 1;
  } catch (failure) {
    const error: unknown = end.aborted ? end.reason : failure; // what is ended fails in its own way
    if (error instanceof Interruption) return error.exitCode;
    screen.line('problem', error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}

async function main(): Promise<number> {
  let options: Options | 'help';
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${String(error)}\n${USAGE}`);
    return 2;
  }
  if (options !== 'help') return tell(options);
  process.stdout.write(USAGE);
  return 0;
}

process.exit(await main()); // a story that was ended may still wait for what will not come
