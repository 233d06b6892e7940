import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { COMPILED, type FanoutRow } from './fanout.ts';
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

/** Measures a copy of `sizeMiB` from the lab's cloud a to cloud b and to another project, with both methods. */
export async function measureLab(sizeMiB: number): Promise<FanoutRow> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-lab-'));
  try {
    await ask('wipe');
    const path = join(folder, 'image');
    await writeRandomFile(path, sizeMiB);
    const imageId = (await ask('upload', path)) as string;
    const args = ['distribute', imageId, '--os-cloud', 'builder', '--upload-clouds', 'consumer,neighbour'];
    const program = join(ROOT, 'dist/bin/github-runner-image-builder.js');
    const ours = await measure(LAB, node(program, args), {}); // the lab's script replaces itself with node, so this measures node
    const [url = '', token = '', ...destinations] = (await ask('tokens')) as readonly string[];
    const baselineArgs = node(join(COMPILED, 'baseline.js'), [url, token, imageId, ...destinations]);
    const baseline = await measure(LAB, baselineArgs, {});
    return {
      clouds: 2,
      sizeMiB,
      linkMBps: null,
      seconds: ours.seconds,
      baselineSeconds: baseline.seconds,
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
