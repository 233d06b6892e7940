import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { chmod, copyFile, mkdir, open, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { encodeProcessIdentity, findProcessIdentity } from '../../src/system/process/process-identity.ts';
import type { CharmFixture } from '../support/charm-fixture.ts';
import { zipCharm } from '../support/juju/charm/charm-zip.ts';
import {
  type FormerUnit,
  builtJson,
  desiredJson,
  jobJson,
  journalJson,
  progressLog,
  renderFormerBuild,
  secretsJson,
} from './former-files.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = 'dist/bin/github-runner-image-builder.js';

/** Prints the content of the file `finish` as soon as there is one. Version 0.1.0 prints its result at its end. */
const BUILD = `import { existsSync, readFileSync, writeSync } from 'node:fs';
const timer = setInterval(() => {
  if (!existsSync('finish')) return;
  clearInterval(timer);
  writeSync(1, readFileSync('finish'));
}, 20);
`;

/** A running build of version 0.1.0. */
export interface FormerBuild {
  readonly unit: FormerUnit;
  /** The value of image_builder_process in the metadata of its resources. */
  readonly process: string;
  /** Makes the process print this result and end. */
  end(result: object): Promise<void>;
  /** Kills the process. */
  kill(): void;
}

/** Packs a charm whose hooks do nothing. The test writes the files that the hooks of 0.1.0 left. */
export async function packIdleCharm(folder: string): Promise<string> {
  const source = join(folder, 'idle');
  await mkdir(source, { recursive: true });
  for (const name of ['metadata.yaml', 'config.yaml', 'actions.yaml', 'manifest.yaml']) {
    await copyFile(join(ROOT, 'dist/charm', name), join(source, name));
  }
  await writeFile(join(source, 'dispatch'), '#!/bin/sh\n');
  await chmod(join(source, 'dispatch'), 0o755);
  const charm = join(folder, 'idle.charm');
  await zipCharm(source, charm);
  return charm;
}

/** Writes the files of a unit of version 0.1.0 whose daemon has stopped, and starts its build of noble. */
export async function startFormerBuild(stage: CharmFixture, consumer: string): Promise<FormerBuild> {
  const unit = await describeUnit(stage, consumer);
  const { paths } = stage;
  const program = join(paths.programs, '0'.repeat(64));
  const job = join(paths.jobs, unit.buildId);
  for (const folder of [dirname(join(program, PROGRAM)), job, paths.log])
    await mkdir(folder, { recursive: true });
  await mkdir(paths.run, { recursive: true, mode: 0o700 });
  await symlink('0'.repeat(64), join(paths.programs, 'current'));
  const files: Readonly<Record<string, string>> = {
    [join(program, PROGRAM)]: BUILD,
    [join(program, 'package.json')]: '{"type":"module","version":"0.1.0"}\n',
    [paths.key]: `${unit.key}\n`,
    [paths.schedule]: '{"unit":"images/0","intervalHours":6}\n',
    [paths.desired]: desiredJson(unit),
    [paths.built]: builtJson(unit),
    [paths.journal]: journalJson(unit),
    [paths.secrets]: secretsJson(unit),
    [join(job, 'job.json')]: jobJson(unit),
    [join(job, 'progress.log')]: progressLog(unit),
    [join(job, 'result.json')]: '',
  };
  for (const [path, text] of Object.entries(files)) await writeFile(path, text, { mode: 0o600 });
  const child = await launch(program, job, unit, paths.secrets);
  const found = findProcessIdentity(child.pid ?? 0);
  const identity = found === undefined ? '' : encodeProcessIdentity(found);
  await writeFile(join(job, 'started'), identity, { mode: 0o600 });
  return {
    unit,
    process: identity,
    end: async (result) => {
      await writeFile(join(program, 'draft'), `${JSON.stringify(result)}\n`);
      await rename(join(program, 'draft'), join(program, 'finish'));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function describeUnit(
  { emulator, mirror, scriptToken }: CharmFixture,
  consumer: string,
): Promise<FormerUnit> {
  const {
    auth_url: authUrl = '',
    username: user = '',
    project_name: project = '',
  } = emulator.credentials(consumer);
  const identity = [1, 'far/0', authUrl.replace(/\/v3$/, ''), 'Default', project, 'Default', user, ''];
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 8);
  const key = randomBytes(32).toString('hex');
  const scriptUrl = `${mirror.url}/script.sh`;
  const content = JSON.stringify([scriptUrl, { API_TOKEN: scriptToken }]);
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return {
    ...{ key, scriptUrl, scriptToken, version, mirrorUrl: mirror.url },
    buildId: 'e802176aa9d4',
    cloudId: `${project}_${user}-${hash}`,
    authUrl: emulator.cloud('a').authUrl,
    scriptDigest: createHmac('sha256', key).update(content).digest('hex').slice(0, 16),
    startedAt: Date.now(),
    serverId: randomUUID(),
  };
}

/** Starts the process as 0.1.0 did: detached, with its output in files and the secrets as descriptor 3. */
async function launch(
  program: string,
  job: string,
  unit: FormerUnit,
  secrets: string,
): Promise<ChildProcess> {
  const handles = [
    await open(join(job, 'result.json'), 'w'),
    await open(join(job, 'progress.log'), 'a'),
    await open(secrets, 'r'),
  ];
  const args = [join(program, PROGRAM), ...renderFormerBuild(unit)];
  const stdio = ['ignore' as const, ...handles.map(({ fd }) => fd)];
  const child = spawn(process.execPath, args, { cwd: program, detached: true, env: {}, stdio });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  for (const handle of handles) await handle.close();
  return child;
}
