import { mkdtemp, rm } from 'node:fs/promises';
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

async function play({ speed }: Options, screen: Screen): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'image-builder-demo-'));
  const stage = await openStage({ folder, speed, baseImageMiB: 6, linkBytesPerSecond: 24e6 });
  const over = new AbortController();
  const onInterrupt = (): void => {
    over.abort();
    void stage.close().finally(() => process.exit(130));
  };
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  try {
    screen.line(
      'demo',
      'two clouds answer on loopback: a (the build cloud) and b (Keystone and Glance only)',
    );
    const unit = new UnitFollower(stage.machine, stage.agent, screen);
    const jobs = new JobFollower(stage.paths.jobs, screen);
    const following = follow([() => unit.look(), () => jobs.look()], over.signal);
    try {
      return await Promise.race([tellStory({ stage, screen, unit }), following.then(() => [])]);
    } finally {
      over.abort();
      await following.catch(() => undefined);
      screen.live([]);
    }
  } finally {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const began = performance.now();
  const write = (text: string): void => void process.stdout.write(text);
  let options: Options | 'help';
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${String(error)}\n${USAGE}`);
    return 2;
  }
  if (options === 'help') {
    write(USAGE);
    return 0;
  }
  const isTerminal = process.stdout.isTTY;
  const columns = isTerminal ? process.stdout.columns : 100;
  const elapsed = (): number => performance.now() - began;
  const screen = createScreen({ format: options.format, isTerminal, columns, write, elapsed });
  try {
    const problems = await play(options, screen);
    for (const problem of problems) screen.line('problem', problem);
    if (problems.length === 0) screen.line('demo', 'nothing is left but good images; all went well');
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    screen.line('problem', error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}

process.exitCode = await main();
