import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The cost of one run of a program. */
export interface Cost {
  readonly seconds: number;
  /** The peak of its resident memory, from the kernel's accounting. */
  readonly peakRssMiB: number;
  /** The bytes that it caused to be written to storage, from the kernel's accounting. */
  readonly diskWrittenBytes: number;
  readonly stdout: string;
}

const SAMPLE_MS = 50;

function readNumber(path: string, key: string): number {
  try {
    const line = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(path, 'utf8'));
    return Number(line?.[1] ?? 0);
  } catch {
    return 0; // the process has ended between two samples
  }
}

/** Runs a program and measures it. Throws when the program fails. */
export async function measure(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Cost> {
  const begun = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [peakKiB, written, stdout, stderr] = [0, 0, '', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = setInterval(() => {
    peakKiB = Math.max(peakKiB, readNumber(`/proc/${child.pid ?? 0}/status`, 'VmHWM'));
    written = Math.max(written, readNumber(`/proc/${child.pid ?? 0}/io`, 'write_bytes'));
  }, SAMPLE_MS);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(timer);
  const seconds = (performance.now() - begun) / 1000;
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}\n${stdout}\n${stderr}`);
  return { seconds, peakRssMiB: peakKiB / 1024, diskWrittenBytes: written, stdout };
}
