import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

interface Doubles {
  readonly ports: readonly number[];
  readonly imageId: string;
}

async function startDoubles(clouds: number, sizeMiB: number, linkMBps: number) {
  const args = [join(COMPILED, 'cloud-double.js'), String(clouds), String(sizeMiB), String(linkMBps)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as Doubles) };
}

function renderCloudsYaml(ports: readonly number[]): string {
  const auth = (port: number) =>
    `{ auth_url: http://127.0.0.1:${port}/v3, username: u, password: p, project_name: p, user_domain_name: d, project_domain_name: d }`;
  return `clouds:\n${ports.map((port, index) => `  cloud${index}: { auth: ${auth(port)} }\n`).join('')}`;
}

/** Measures a copy of `sizeMiB` to `clouds` clouds with both methods, over links of `linkMBps` each. */
export async function measureFanout(clouds: number, sizeMiB: number, linkMBps: number): Promise<FanoutRow> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const doubles = await startDoubles(clouds + 1, sizeMiB, linkMBps);
  try {
    const yaml = join(folder, 'clouds.yaml');
    await writeFile(yaml, renderCloudsYaml(doubles.ports));
    const names = doubles.ports.slice(1).map((_, index) => `cloud${index + 1}`);
    const args = ['distribute', doubles.imageId, '--os-cloud', 'cloud0', '--upload-clouds', names.join(',')];
    const ours = await measure(process.execPath, [PROGRAM, ...args], { OS_CLIENT_CONFIG_FILE: yaml });
    const urls = doubles.ports.map((port) => `http://127.0.0.1:${port}`);
    const [source = '', ...destinations] = urls;
    const baselineArgs = [source, 'token', doubles.imageId, ...destinations.flatMap((url) => [url, 'token'])];
    const baseline = await measure(process.execPath, [join(COMPILED, 'baseline.js'), ...baselineArgs], {});
    return {
      clouds,
      sizeMiB,
      linkMBps,
      seconds: ours.seconds,
      baselineSeconds: baseline.seconds,
      boundSeconds: (sizeMiB * 1024 * 1024) / (linkMBps * 1e6),
      peakRssMiB: ours.peakRssMiB,
      diskWrittenBytes: ours.diskWrittenBytes,
      baselineDiskWrittenBytes: baseline.diskWrittenBytes,
    };
  } finally {
    await end(doubles.child);
    await rm(folder, { recursive: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill();
  await ended;
}
