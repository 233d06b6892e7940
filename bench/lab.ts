import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { COMPILED, type FanoutRow } from './fanout.ts';
import type { MatrixRow } from './matrix.ts';
import { measure } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const LAB = join(ROOT, 'tests/e2e/lab/openstack-lab');
const node = (script: string, args: readonly string[]) => ['exec', process.execPath, script, ...args];

async function ask(...args: readonly string[]): Promise<unknown> {
  const python = ['exec', '/usr/bin/python3', join(ROOT, 'bench/lab.py'), ...args];
  const { stdout } = await promisify(execFile)(LAB, python, { timeout: 600_000 });
  return stdout === '' ? undefined : JSON.parse(stdout);
}

async function writeRandomFile(path: string, sizeMiB: number): Promise<void> {
  const file = createWriteStream(path);
  const block = randomBytes(1024 * 1024);
  for (let at = 0; at < sizeMiB; at++) {
    block.writeUInt32LE(at, 0);
    await new Promise<void>((resolve) => file.write(Buffer.from(block), () => resolve()));
  }
  await new Promise<void>((resolve) => file.end(resolve));
}

/** Measures a copy of `sizeMiB` from the lab's project builder to `destinations`, with both methods. */
export async function measureLab(sizeMiB: number, destinations: readonly string[]): Promise<FanoutRow> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-lab-'));
  try {
    await ask('wipe');
    const path = join(folder, 'image');
    await writeRandomFile(path, sizeMiB);
    const imageId = (await ask('upload', path)) as string;
    const args = ['distribute', imageId, '--os-cloud', 'builder', '--upload-clouds', destinations.join(',')];
    const program = join(ROOT, 'dist/bin/github-runner-image-builder.js');
    const ours = await measure(LAB, node(program, args), {}); // the lab's script replaces itself with node, so this measures node
    const tokens = (await ask('tokens', 'builder', ...destinations)) as readonly string[];
    const [url = '', token = '', ...others] = tokens;
    const baselineArgs = node(join(COMPILED, 'baseline.js'), [url, token, imageId, ...others]);
    const baseline = await measure(LAB, baselineArgs, {});
    return {
      clouds: destinations.length,
      sizeMiB,
      linkMBps: null,
      seconds: ours.seconds,
      baselineSeconds: baseline.seconds,
      ratio: ours.seconds / baseline.seconds,
      boundSeconds: null,
      peakRssMiB: ours.peakRssMiB,
      diskWrittenBytes: ours.diskWrittenBytes,
      baselineDiskWrittenBytes: baseline.diskWrittenBytes,
    };
  } finally {
    await ask('wipe');
    await rm(folder, { recursive: true });
  }
}

/** Measures the servers of eight images on the lab, each built alone and all from layers. */
export async function measureMatrix(scale: number): Promise<MatrixRow> {
  const run = promisify(execFile);
  await run(process.execPath, [join(ROOT, 'tools/pack-charm.js')]);
  const args = ['--import', join(ROOT, 'tools/typescript.js'), join(ROOT, 'bench/matrix.ts'), String(scale)];
  const { stdout } = await run(LAB, ['exec', process.execPath, ...args]);
  return JSON.parse(stdout) as MatrixRow;
}
