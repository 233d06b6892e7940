import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf } from '../../../../src/system/error-code.ts';

/** A process that Juju runs: the charm, or a shell. */
export interface CharmProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input; otherwise that is empty. */
  readonly input?: string;
  /** A shell's end is waited for until nobody has its output open; a hook's is not. */
  readonly waitsForOutput: boolean;
  /** Told when it has ended, though what it left may still hold its output. */
  readonly onExit?: () => void;
  /** Told each line as it comes. */
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
}

export type CharmProcessEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not started'; readonly message: string };

export interface CharmProcess {
  readonly end: Promise<CharmProcessEnd>;
  /** Ends it and its children at once. */
  kill(): void;
}

/** What still comes from a pipe after its process ended. */
const DRAIN_MS = 1000;

/** Starts a process with exactly that environment. */
export function startCharmProcess(request: CharmProcessRequest): CharmProcess {
  const { file, args, cwd, env, input } = request;
  const before = process.umask(0o022);
  const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  process.umask(before);
  child.stdin.on('error', () => undefined); // it may end without reading
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

/** All that comes; the lines one by one. Ends also when the stream is destroyed. */
async function collect(stream: Readable, onLine: (line: string) => void): Promise<string> {
  stream.setEncoding('utf8');
  let text = '';
  let told = 0;
  const tell = (until: number): void => {
    if (until > told) for (const line of text.slice(told, until).split('\n')) onLine(line);
    told = until + 1;
  };
  stream.on('data', (chunk: string) => {
    text += chunk;
    const last = text.lastIndexOf('\n');
    if (last >= told) tell(last);
  });
  await new Promise((resolve) => stream.once('close', resolve));
  tell(text.length);
  return text;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
