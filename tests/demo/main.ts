import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openCharmFixture } from '../support/charm-fixture.ts';
import { JobFollower } from './follow-jobs.ts';
import { UnitFollower } from './follow-unit.ts';
import { type Screen, createScreen } from './screen.ts';
import { playStory } from './story.ts';

const USAGE = `npm run demo [-- OPTIONS]

Deploys the packed charm on a double of Juju's unit agent with two emulated OpenStack clouds, and shows its work: builds,
copies, a consumer that joins late, a cloud that fails and recovers, and an action. Needs no root, no network and no
cloud, and leaves nothing behind. Takes less than a minute.

  --format text|json   text for people (default) or one JSON object per line
  --speed N            speed of the emulated clouds, relative to a small real cloud (default: 12)
  --help               show this help

Exit codes: 0 success; 1 failure, with the reason in the output; 2 invalid options.
`;

const POLL_MS = 50;

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

/** Runs the polls repeatedly until `signal` is aborted, and once more then. */
async function follow(polls: readonly (() => unknown)[], signal: AbortSignal): Promise<void> {
  const pollAll = async (): Promise<void> => {
    for (const poll of polls) await poll();
  };
  while (!signal.aborted) {
    await pollAll();
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  await pollAll();
}

/** Ends the demo early, with a reason and an exit code. */
class Interruption extends Error {
  readonly exitCode: number;

  constructor(reason: string, exitCode: number) {
    super(reason);
    this.exitCode = exitCode;
  }
}

/** Returns a signal that is aborted when the demo must end: on a process signal, a closed stdout or a defect. */
function listenForEnd(): AbortSignal {
  const end = new AbortController();
  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => end.abort(new Interruption(`ended by ${signal}`, code)));
  }
  process.stdout.on('error', () => end.abort(new Interruption('stdout was closed', 141)));
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
  const stage = await openCharmFixture({ folder, speed, baseImageMiB: 6, linkBytesPerSecond: 24e6 });
  const over = new AbortController();
  const ended = untilAborted(end);
  const unit = new UnitFollower(stage.machine, stage.agent, screen);
  const jobs = new JobFollower(stage.paths.jobs, screen);
  const following = follow([() => unit.poll(), () => jobs.poll()], over.signal);
  try {
    screen.line(
      'demo',
      'two clouds run on loopback: a, the build cloud, and b, with Keystone and Glance only',
    );
    const story = playStory({ stage, screen, unit });
    return await Promise.race([story, ended, following.then(() => untilAborted(end))]);
  } finally {
    over.abort();
    await following.catch(() => undefined);
    screen.live([]);
    await stage.close();
  }
}

async function runDemo(options: Options): Promise<number> {
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
    if (problems.length === 0) screen.line('demo', 'success: only complete images are left');
    return problems.length === 0 ? 0 : 1;
  } catch (failure) {
    const error: unknown = end.aborted ? end.reason : failure; // an interruption causes other errors
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
  if (options !== 'help') return runDemo(options);
  process.stdout.write(USAGE);
  return 0;
}

process.exit(await main()); // an interrupted story may still be waiting
