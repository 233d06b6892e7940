import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { runProgram } from '../../src/cli/run-program.ts';
import { START_JIT_COMMAND, WATCH_RUNNER_COMMAND } from '../../src/guest/runner-start.ts';
import { QCOW2_MAGIC } from '../../src/model/image/disk-format.ts';
import { readDescriptor } from '../../src/system/process/descriptor.ts';
import { createFastClock } from '../support/fast-clock.ts';
import { type GithubEmulator, startGithub } from '../support/github/emulator.ts';
import { type Emulator, startEmulator } from '../support/openstack/emulator.ts';
import { readPlace } from '../../src/system/process/process-identity.ts';
import type { CommandResult } from '../support/openstack/guest/sshd.ts';

const DISK = Buffer.concat([QCOW2_MAGIC, Buffer.alloc(100_000, 1)]);

/** The speed of the clouds and of the program's clock. */
const SPEED = 50;

/** The exit code and the output of the program. */
interface ProgramRun {
  readonly code: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly out: string;
  readonly err: string;
}

/** The changes of one run of the program. */
interface RunChange {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly buildId?: string;
  /** The text of secrets.json. */
  readonly secrets?: string;
}

/** A cloud with an image, a GitHub, and a stand-in for the runner in the image. */
export interface RunnersFixture {
  emulator: Emulator;
  github: GithubEmulator;
  folder: string;
  imageId: string;
  /** Everything that the stand-in was started with: the command and its input. */
  readonly starts: { command: string; stdin: string }[];
  /** The behaviour of the stand-in: it goes online, stays silent, or ends at once. */
  runner: 'online' | 'silent' | 'ends' | 'missing';
  run(argv: readonly string[], change?: RunChange): Promise<ProgramRun>;
  /** Launches a runner on the image for the organisation. */
  launch(more?: readonly string[], change?: RunChange): Promise<ProgramRun>;
}

export const IMAGE = 'app-noble-x64';
const COMMON = ['--os-cloud', 'builder', '--prefix', 'app'];

/** Starts the cloud and GitHub before each test of the file. */
export function useRunners(): RunnersFixture {
  const at = { starts: [] } as unknown as RunnersFixture;
  let runs = 0;
  beforeEach(async () => {
    at.folder = await mkdtemp(join(tmpdir(), 'runners-'));
    at.github = await startGithub();
    at.emulator = await startEmulator({ speed: SPEED });
    at.runner = 'online';
    at.starts.length = 0;
    const cloud = at.emulator.cloud('a');
    at.imageId = cloud.addImage({ name: IMAGE, owner: 'builder', data: DISK }).id;
    cloud.state.guests?.onCommand((_guest, command, stdin) => standIn(at, command, stdin));
    await writeFile(join(at.folder, 'clouds.yaml'), at.emulator.cloudsYaml());
  });
  afterEach(async () => {
    await at.emulator.close();
    await at.github.close();
    await rm(at.folder, { recursive: true });
  });
  at.run = async (argv, { env = {}, signal = new AbortController().signal, buildId, secrets } = {}) => {
    let out = '';
    let err = '';
    const code = await runProgram({
      argv,
      env: {
        IMAGE_BUILDER_SSH_PORT: `${at.emulator.guestPort}`,
        IMAGE_BUILDER_GITHUB_TOKEN: at.github.token,
        ...env,
      },
      cwd: at.folder,
      host: {
        ...{ arch: 'x64', newBuildId: buildId ?? `b${runs++}` },
        readDescriptor: secrets === undefined ? readDescriptor : () => secrets,
      },
      place: readPlace(),
      version: '1.2.3',
      clock: createFastClock(SPEED),
      writeOut: (text) => (out += text),
      writeErr: (text) => (err += text),
      isStdoutTerminal: false,
      terminal: { isTerminal: false, columns: 80 },
      signal,
      stoppedBy: () => (signal.aborted ? 'SIGTERM' : undefined),
    });
    return { code, out, err, json: (out.startsWith('{') ? JSON.parse(out) : {}) as ProgramRun['json'] };
  };
  at.launch = (more = [], change = {}) =>
    at.run(
      ['runner', 'launch', ...COMMON, ...githubOptions(at), '--image', IMAGE, '--network', 'lab', ...more],
      change,
    );
  return at;
}

/** Returns the options that lead to the emulated GitHub. */
export function githubOptions(
  { github }: Pick<RunnersFixture, 'github'>,
  path = 'octo-org',
): readonly string[] {
  return ['--github-api-url', github.apiUrl, '--github-path', path];
}

/** Behaves as the commands of the guest do with GitHub's runner, as far as GitHub's API shows it. */
function standIn(at: RunnersFixture, command: string, stdin: string): CommandResult | undefined {
  if (command === WATCH_RUNNER_COMMAND) {
    return at.runner === 'ends' ? { code: 1, stdout: 'An error occurred: Not configured.\n' } : { code: 0 };
  }
  const isStart = command === START_JIT_COMMAND || command.includes('./config.sh');
  if (!isStart) return undefined;
  at.starts.push({ command, stdin });
  if (at.runner === 'missing') return { code: 3, stdout: 'the image has no runner: run.sh is missing\n' };
  if (at.runner !== 'online') return { code: 0 };
  const secret = stdin.trimEnd();
  if (command === START_JIT_COMMAND) return { code: at.github.connect(secret) ? 0 : 1 };
  const name = /--name'?\S* '\\''([^']+)'\\''/.exec(command)?.[1] ?? '';
  return { code: at.github.register(secret, name, ['token']) ? 0 : 1 };
}

/** Lists everything that a launch creates for one runner, on both sides. */
export function listLeft({
  emulator,
  github,
}: Pick<RunnersFixture, 'emulator' | 'github'>): readonly string[] {
  const { servers, ports, keypairs, floatingIps } = emulator.inventory().a;
  return [
    ...servers.map(({ name }) => `server ${name}`),
    ...ports.map(({ id }) => `port ${id}`),
    ...keypairs.map((name) => `keypair ${name}`),
    ...floatingIps.map((address) => `floating IP ${address}`),
    ...github.names().map((name) => `runner ${name}`),
  ];
}
