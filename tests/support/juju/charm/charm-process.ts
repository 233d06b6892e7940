import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from '../../../../src/system/error-code.ts';

/** A request to run the charm or a shell. */
export interface CharmProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The standard input; empty by default. */
  readonly input?: string;
  /** True for a shell, which ends when no process has its output open any more; a hook ends with its process. */
  readonly waitsForOutput: boolean;
  /** Called when the process has exited, even when its orphans still hold its output open. */
  readonly onExit?: () => void;
  /** Called for each line of output. */
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
}

export type CharmProcessEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not started'; readonly message: string };

export interface CharmProcess {
  readonly end: Promise<CharmProcessEnd>;
  /** Kills the process and its children. */
  kill(): void;
}

/** The time to read the rest of the output after the process has exited. */
const DRAIN_MS = 1000;

/** Starts a process with exactly the given environment. */
export function startCharmProcess(request: CharmProcessRequest): CharmProcess {
  const { file, args, cwd, env, input } = request;
  const before = process.umask(0o022);
  const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  process.umask(before);
  child.stdin.on('error', () => undefined); // the process may exit without reading its input
  child.stdin.end(input ?? '');
  return { end: follow(child, request), kill: () => killGroup(child) };
}

async function follow(child: ChildProcess, request: CharmProcessRequest): Promise<CharmProcessEnd> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('expected pipes');
  const closed = Promise.all([
    collect(stdout, (line) => request.onLine?.('stdout', line)),
    collect(stderr, (line) => request.onLine?.('stderr', line)),
  ]);
  const ended = await waitForExit(child, request.file);
  request.onExit?.();
  if (!request.waitsForOutput || ended.kind !== 'exited') {
    await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]);
    for (const stream of [stdout, stderr]) stream.destroy();
  }
  const [out, err] = await closed;
  return ended.kind === 'exited' ? { ...ended, stdout: out, stderr: err } : ended;
}

async function waitForExit(child: ChildProcess, file: string): Promise<CharmProcessEnd> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (code === null) return { kind: 'killed', signal: signal ?? 'a signal' };
    return { kind: 'exited', code, stdout: '', stderr: '' };
  } catch (error) {
    const message = errorCodeOf(error) === 'EACCES' ? 'permission denied' : String(error);
    return { kind: 'not started', message: `fork/exec ${file}: ${message}` };
  }
}

/** Collects the whole output and emits it line by line. Resolves also when the stream is destroyed. */
async function collect(stream: Readable, onLine: (line: string) => void): Promise<string> {
  stream.setEncoding('utf8');
  let text = '';
  let position = 0;
  const emitLines = (end: number): void => {
    if (end > position) for (const line of text.slice(position, end).split('\n')) onLine(line);
    position = end + 1;
  };
  stream.on('data', (chunk: string) => {
    text += chunk;
    const last = text.lastIndexOf('\n');
    if (last >= position) emitLines(last);
  });
  await new Promise((resolve) => stream.once('close', resolve));
  emitLines(text.length);
  return text;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // the process has already ended
  }
}
