import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { cloudsYaml } from './lab.ts';
import type { Mirror } from '../../support/mirror.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../dist/bin/github-runner-image-builder.js');

/** The options for running the program. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Receives each line of stderr at once. */
  readonly onLine?: (line: string, pid: number) => void;
  /** A clouds.yaml other than the lab's. */
  readonly cloudsYaml?: string;
  /** The content of descriptor 3. */
  readonly secrets?: string;
  /** The time after which the program is ended. Default: 580. */
  readonly seconds?: number;
}

/** The exit and the output of the program. */
export interface ProgramResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The parsed JSON of stdout; an empty object when stdout is not JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Runs the built program like an operator, in a folder without a clouds.yaml. */
export async function runProgram(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const secrets = options.secrets === undefined ? undefined : await openSecrets(options.secrets);
  const child = execa(process.execPath, [PROGRAM, ...args], {
    cwd: join('/'),
    stdio: ['pipe', 'pipe', 'pipe', ...(secrets === undefined ? [] : [secrets.fd as 3])], // execa's types know no other number
    env: { OS_CLIENT_CONFIG_FILE: options.cloudsYaml ?? cloudsYaml(), ...options.env },
    reject: false,
    timeout: (options.seconds ?? 580) * 1000,
  });
  const listen = async (): Promise<void> => {
    for await (const line of child.iterable({ from: 'stderr' })) options.onLine?.(line, child.pid ?? 0);
  };
  const [result] = await Promise.all([child, listen()]);
  await secrets?.close();
  const { exitCode, signal, stdout, stderr } = result;
  return { exitCode, signal, stdout, stderr, json: parseJson(stdout) };
}

/** Opens a file with this content that has no name any more. */
async function openSecrets(content: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'e2e-secrets-'));
  try {
    await writeFile(join(folder, 'secrets.json'), content, { mode: 0o600 });
    return await open(join(folder, 'secrets.json'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** Returns the options of every build and init on the lab. */
export function mirrorOptions(mirror: Mirror): readonly string[] {
  return ['--os-cloud', 'builder', '--arch', 'x64', '--cloud-images-url', mirror.url];
}

/** The flag for the builds that need no packages, which is all that a tiny guest can do. */
const NO_PACKAGES = ['--guest-parts', '-apt,-docker,-yarn,-yq,-aproxy,-opentelemetry-collector'];

/** Returns the arguments for building the image `name` on the lab, by default without packages. */
export function runArguments(
  mirror: Mirror,
  name: string,
  more: readonly string[] = [],
  packages: readonly string[] = NO_PACKAGES,
): readonly string[] {
  return [
    'run',
    name,
    ...mirrorOptions(mirror),
    ...['--runner-releases-url', `${mirror.url}/releases`, '--flavor', 'lab.runner', '--network', 'lab'],
    ...['--boot-timeout', '300'], // so that a guest that hangs is reported with its last line on the console
    ...packages,
    ...more,
  ];
}

/** Returns the id of the built image. Throws with the whole output when the build failed. */
export function imageIdOf(result: ProgramResult): string {
  const id = result.json['image_id'];
  if (typeof id === 'string' && result.exitCode === 0) return id;
  throw new Error(`exit code ${result.exitCode}\n${result.stdout}\n${result.stderr}`);
}
