import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A file of the mirror with its digest. */
export interface Tarball {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

const STAND_IN = join(import.meta.dirname, 'github/stand-in-runner.sh');

/**
 * Creates a fake release of the GitHub runner that has the real layout and prints its version. Its run.sh runs a job of the
 * emulator of GitHub.
 */
export async function makeRunnerTarball(folder: string, version: string): Promise<Tarball> {
  const content = join(folder, 'actions-runner');
  const name = `actions-runner-linux-x64-${version}.tar.gz`;
  const path = join(folder, name);
  const program = `#!/bin/sh\n[ "\${1:-}" != --version ] || { echo ${version}; exit; }\necho "a stand-in runs nothing" >&2\nexit 1\n`;
  await mkdir(join(content, 'bin'), { recursive: true });
  const standIn = (await readFile(STAND_IN, 'utf8')).replaceAll('@VERSION@', version);
  await writeFile(join(content, 'run.sh'), standIn, { mode: 0o755 });
  for (const script of ['config.sh', 'bin/Runner.Listener']) {
    await writeFile(join(content, script), program, { mode: 0o755 });
  }
  await writeFile(join(content, 'bin/installdependencies.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await execa('tar', ['-czf', path, '--owner=1001', '--group=1001', '-C', content, '.'], { timeout: 30_000 });
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return { name, path, sha256 };
}
