import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { afterAll, beforeAll } from '@jest/globals';
import { compileSource } from '../../cli/compile-source.ts';
import { type DaemonHost, UNIT } from './daemon-host.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const SRC = join(CHECKOUT, 'src');

/** The exit code and the output of a process. */
export interface EndedProcess {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A scheduler in its own process. */
export class RealDaemon {
  readonly child: ChildProcess;
  readonly ended: Promise<EndedProcess>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.ended = collect(child);
  }

  async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<EndedProcess> {
    this.child.kill(signal);
    return this.ended;
  }
}

async function collect(child: ChildProcess): Promise<EndedProcess> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => (out += String(text)));
  child.stderr?.on('data', (text) => (err += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

export interface RealProgram {
  /** Starts the scheduler for a host with these arguments. Without arguments it ticks every second. */
  start: (host: DaemonHost, args?: readonly string[]) => RealDaemon;
}

/** Compiles the scheduler once for the test file, and starts it as shipped. */
export function useRealDaemon(): RealProgram {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scheduler-'));
    await symlink(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type": "module", "version": "1.0.0"}');
    await compile(join(folder, 'dist'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const tickEverySecond = ['--tick-seconds', '1'];
  return {
    start: (host, args = tickEverySecond) => {
      const all = args[0] === '--help' ? args : [...args, '--unit', UNIT, '--root', host.root];
      const child = spawn(execPath, [join(folder, 'dist/bin/scheduler.js'), ...all], {
        env: { PATH: '/usr/bin:/bin' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return new RealDaemon(child);
    },
  };
}

async function compile(target: string): Promise<void> {
  const names = await readdir(SRC, { recursive: true });
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  await Promise.all(
    sources.map((name) => compileSource(join(SRC, name), join(target, name.replace(/\.ts$/, '.js')))),
  );
}

/** Returns the content of all files that the daemon wrote. */
export async function readAllWritten(host: DaemonHost): Promise<string> {
  const { state, log } = host.paths;
  const texts = await Promise.all([state, log].map((folder) => readFolder(folder)));
  return texts.join('\n');
}

async function readFolder(folder: string): Promise<string> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && !entry.parentPath.includes('/calls'));
  const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
  return texts.join('\n');
}
