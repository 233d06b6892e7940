import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Era } from './python-charm.ts';

const PROGRAM = 'github-runner-image-builder';

/** The parts of a unit that its files depend on. */
export interface PythonUnit {
  readonly root: string;
  readonly unit: string;
  /** The content of clouds.yaml. */
  readonly cloudsYaml?: string;
}

/** Returns the crontab of an era, byte for byte. */
export function crontabOf(era: Era, unit: string): string {
  const command = `/usr/bin/juju-exec "${unit}" "JUJU_DISPATCH_PATH=run HOME=/home/ubuntu ./dispatch"`;
  return era === 'matrix'
    ? `0 */6 * * * ubuntu /usr/bin/run-one /usr/bin/bash -c ${command}\n`
    : `0 */6 * * * root /usr/bin/run-one /usr/bin/bash -c '${command}'\n`;
}

/** The paths that the Python charm of 2024 needs after a refresh back, because only its install hook creates them. */
export const NEEDED_BY_2024 = [
  'home/ubuntu/.ssh/builder_key',
  `home/ubuntu/.local/bin/${PROGRAM}`,
  `home/ubuntu/.local/pipx/venvs/${PROGRAM}/bin/${PROGRAM}`,
] as const;

/** The other files of a unit of `app` that builds jammy and noble for x64, without the crontab. */
export function otherFilesOf(era: Era, application: string): readonly string[] {
  return [
    'home/ubuntu/clouds.yaml',
    'home/ubuntu/jammy-server-cloudimg-amd64.img',
    'home/ubuntu/noble-server-cloudimg-amd64.img',
    `home/ubuntu/${application}-jammy-x64.snapshot`,
    `home/ubuntu/${application}-noble-x64.snapshot`,
    ...(era === 'matrix' ? [] : [`etc/logrotate.d/${PROGRAM}.conf`]),
  ];
}

/** Files that look like the Python charm's and belong to others. */
export function foreignFilesOf(application: string): readonly string[] {
  return [
    'home/ubuntu/.ssh/authorized_keys',
    'home/ubuntu/.local/bin/other-program',
    'home/ubuntu/.local/pipx/venvs/other-program/bin/other-program',
    `home/ubuntu/${application}-2-noble-x64.snapshot`,
    `home/ubuntu/${application}-noble-x64.snapshot.mine`,
    'home/ubuntu/bionic-server-cloudimg-amd64.img',
    'home/ubuntu/.config/openstack/clouds.yaml',
    'etc/cron.d/backup',
    'etc/logrotate.d/apt',
  ];
}

/** Writes the files that the Python charm of an era left on a host, and those of others beside them. */
export async function writePythonFiles(
  era: Era,
  { root, unit, cloudsYaml = 'clouds: {}\n' }: PythonUnit,
): Promise<void> {
  const [application = ''] = unit.split('/');
  const [key, link, program] = NEEDED_BY_2024;
  const texts = [...otherFilesOf(era, application), ...foreignFilesOf(application), key, program].map(
    (path) => [path, path.endsWith('ubuntu/clouds.yaml') ? cloudsYaml : `${path}\n`] as const,
  );
  for (const [path, text] of [...texts, ['etc/cron.d/build-runner-image', crontabOf(era, unit)] as const]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await mkdir(dirname(join(root, link)), { recursive: true });
  await symlink(join('/', program), join(root, link));
}
