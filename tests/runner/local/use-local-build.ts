import { readPlace } from '../../../src/system/process/process-identity.ts';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, describe } from '@jest/globals';
import { execa } from 'execa';
import { runProgram } from '../../../src/cli/run-program.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { type GithubEmulator, startGithub } from '../../support/github/emulator.ts';
import { offerRunner } from '../../support/github/offer-runner.ts';
import { type Mirror, startMirror } from '../../support/mirror.ts';
import { type Emulator, startEmulator } from '../../support/openstack/emulator.ts';

/** Declares tests that need qemu-img and qemu-io. They are skipped, with a note in their titles, where there is none. */
export function describeWithQemuImg(title: string, tests: () => void): void {
  if (existsSync('/usr/bin/qemu-img') && existsSync('/usr/bin/qemu-io')) describe(title, tests);
  else describe.skip(`${title} (skipped: install Debian's package qemu-utils)`, tests);
}

export const IMAGE = 'noble-app-x64';

const ROOT = resolve(import.meta.dirname, '../../..');
/** The parts that need packages. */
export const LEFT_OUT = '-apt,-docker,-yarn,-yq,-aproxy,-opentelemetry-collector';

/** The behaviour of the stand-in for QEMU. */
type Behaviour = 'healthy' | 'has KVM' | 'no start' | 'silent' | 'runner fails' | 'crashes' | 'stays on';

/** The exit code and the output of the program. */
interface ProgramRun {
  readonly code: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly err: string;
}

/** A cloud, a GitHub, and a host with a stand-in for QEMU. */
export interface LocalBuildFixture {
  emulator: Emulator;
  github: GithubEmulator;
  mirror: Mirror;
  /** Maps a path of the mirror to another body. */
  readonly files: Map<string, string>;
  /** The folder with clouds.yaml, the programs in `bin`, and the folders `work` and `output`. */
  folder: string;
  /** The base image, a qcow2 of 64 MiB. */
  base: string;
  /** Puts the stand-in with this behaviour into PATH. */
  standIn(behaviour: Behaviour): Promise<void>;
  /** Returns the arguments of a build. */
  arguments(more?: readonly string[]): readonly string[];
  /** Runs the program. */
  run(argv: readonly string[], signal?: AbortSignal): Promise<ProgramRun>;
  build(more?: readonly string[], signal?: AbortSignal): Promise<ProgramRun>;
  /** Returns what the last start of the stand-in saw: its arguments, and the files in its folder. */
  readRecord(): Promise<{
    readonly pid: number;
    readonly args: readonly string[];
    readonly files: readonly string[];
  }>;
  /** Returns the first MiB of a disk. */
  readDisk(path: string): Promise<string>;
  /** Lists the files in the work folder. */
  left(): Promise<readonly string[]>;
}

/** Starts everything before each test of the file. Runs `verify` after each test. */
export function useLocalBuild(verify: () => Promise<void> = () => Promise.resolve()): LocalBuildFixture {
  const at = { files: new Map() } as unknown as LocalBuildFixture;
  beforeEach(async () => {
    at.files.clear();
    at.folder = await mkdtemp(join(tmpdir(), 'local-'));
    for (const name of ['bin', 'work', 'output']) await mkdir(join(at.folder, name));
    at.base = join(at.folder, 'base.qcow2');
    await execa('/usr/bin/qemu-img', ['create', '-f', 'qcow2', at.base, '64M']);
    at.mirror = await startMirror({ bases: new Map([['noble', at.base]]), files: at.files });
    at.github = await startGithub();
    at.emulator = await startEmulator({ speed: 50 });
    await writeFile(join(at.folder, 'clouds.yaml'), at.emulator.cloudsYaml());
    for (const name of ['qemu-img', 'setpriv'])
      await symlink(`/usr/bin/${name}`, join(at.folder, 'bin', name));
    await at.standIn('healthy');
    at.github.state.downloads.push(await offerRunner(at.mirror.url));
  });
  afterEach(async () => {
    const verified = await verify().catch((error: unknown) => ({ error }));
    await at.emulator.close();
    await at.github.close();
    await at.mirror.close();
    await rm(at.folder, { recursive: true });
    if (verified !== undefined) throw verified.error;
  });
  at.standIn = async (behaviour) => {
    const path = join(at.folder, 'bin/qemu-system-x86_64');
    const program = `${execPath} --import ${ROOT}/tools/typescript.js ${ROOT}/tests/support/qemu/stand-in-qemu.ts`;
    await writeFile(
      path,
      `#!/bin/sh\nexec ${program} '${behaviour}' /usr/bin/qemu-io ${at.folder}/record.json "$@"\n`,
    );
    await chmod(path, 0o755);
  };
  at.arguments = (more = []) => [
    ...['build-local', '--os-cloud', 'builder', '--prefix', 'app', '--disk', '1'],
    ...['--work-folder', join(at.folder, 'work'), '--cloud-images-url', at.mirror.url],
    ...[
      '--github-api-url',
      at.github.apiUrl,
      '--github-path',
      'octo-org',
      '--guest-parts',
      LEFT_OUT,
      ...more,
    ],
  ];
  at.run = (argv, signal = new AbortController().signal) => runIn(at, argv, signal);
  at.build = (more, signal) => at.run(at.arguments(more), signal);
  at.readRecord = async () =>
    JSON.parse(await readFile(join(at.folder, 'record.json'), 'utf8')) as Awaited<
      ReturnType<LocalBuildFixture['readRecord']>
    >;
  at.readDisk = async (path) => {
    const raw = join(at.folder, 'raw');
    await execa('/usr/bin/qemu-img', ['convert', '-O', 'raw', path, raw]);
    const file = await open(raw);
    const { buffer } = await file.read(Buffer.alloc(1024 * 1024), 0, 1024 * 1024, 0);
    await file.close();
    return buffer.toString('latin1');
  };
  at.left = () => readdir(join(at.folder, 'work'));
  return at;
}

async function runIn(
  { folder, github }: Pick<LocalBuildFixture, 'folder' | 'github'>,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<ProgramRun> {
  let [out, err] = ['', ''];
  const code = await runProgram({
    argv,
    env: { PATH: join(folder, 'bin'), IMAGE_BUILDER_GITHUB_TOKEN: github.token },
    cwd: folder,
    host: { arch: 'x64', newBuildId: 'b1', readDescriptor: () => '' },
    place: readPlace(),
    isStdoutTerminal: false,
    version: '1.2.3',
    clock: systemClock,
    writeOut: (text) => (out += text),
    writeErr: (text) => (err += text),
    terminal: { isTerminal: false, columns: 80 },
    signal,
    stoppedBy: () => (signal.aborted ? 'SIGTERM' : undefined),
  });
  return { code, err, json: (out.startsWith('{') ? JSON.parse(out) : {}) as ProgramRun['json'] };
}
