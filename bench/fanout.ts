import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MEMORY_SETTINGS } from '../src/builder/host/program-environment.ts';
import type { Clouds } from './clouds.ts';
import { measure } from './measure.ts';

/** One row of the benchmark. */
export interface FanoutRow {
  readonly clouds: number;
  readonly sizeMiB: number;
  /** Null in the lab, whose links have no fixed rate. */
  readonly linkMBps: number | null;
  /** The duration of the whole process of `github-runner-image-builder distribute`. */
  readonly seconds: number;
  /** The duration with the method of the Python program: to a file, then to one cloud after the other. */
  readonly baselineSeconds: number;
  /** Our duration divided by that of the baseline, which ran right after it. */
  readonly ratio: number;
  /** The lower bound: the time that the data takes over the slowest link. */
  readonly boundSeconds: number | null;
  readonly peakRssMiB: number;
  readonly diskWrittenBytes: number;
  readonly baselineDiskWrittenBytes: number;
}

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'dist/bin/github-runner-image-builder.js');

/** The compiled programs of this folder. They are compiled so that no TypeScript loader affects the measurement. */
export const COMPILED = join(ROOT, '.bench/bench');

async function startClouds(clouds: number, sizeMiB: number, linkMBps: number) {
  const args = [join(COMPILED, 'clouds.js'), String(clouds), String(sizeMiB), String(linkMBps)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ...(JSON.parse(line) as Clouds) };
}

/** The entries of the emulator's clouds.yaml for the destinations. */
const DESTINATIONS = ['consumer', 'consumer-c', 'consumer-d'];

/** Measures a copy of `sizeMiB` to `clouds` clouds with both methods, over links of `linkMBps` each. */
export async function measureFanout(clouds: number, sizeMiB: number, linkMBps: number): Promise<FanoutRow> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const started = await startClouds(clouds, sizeMiB, linkMBps);
  try {
    const yaml = join(folder, 'clouds.yaml');
    await writeFile(yaml, started.cloudsYaml);
    const names = DESTINATIONS.slice(0, clouds).join(',');
    const args = ['distribute', started.imageId, '--os-cloud', 'builder', '--upload-clouds', names];
    const environment = { ...MEMORY_SETTINGS, OS_CLIENT_CONFIG_FILE: yaml }; // as jobs of the charm
    const ours = await measure(process.execPath, [PROGRAM, ...args], environment);
    const [[url, token] = ['', ''], ...destinations] = started.endpoints;
    const baselineArgs = [url, token, started.imageId, ...destinations.flat()];
    const baseline = await measure(process.execPath, [join(COMPILED, 'baseline.js'), ...baselineArgs], {});
    return {
      clouds,
      sizeMiB,
      linkMBps,
      seconds: ours.seconds,
      baselineSeconds: baseline.seconds,
      ratio: ours.seconds / baseline.seconds,
      boundSeconds: (sizeMiB * 1024 * 1024) / (linkMBps * 1e6),
      peakRssMiB: ours.peakRssMiB,
      diskWrittenBytes: ours.diskWrittenBytes,
      baselineDiskWrittenBytes: baseline.diskWrittenBytes,
    };
  } finally {
    await end(started.child);
    await rm(folder, { recursive: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill();
  await ended;
}
