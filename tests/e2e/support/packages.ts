import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GATEWAY, baseImageFile, labHome } from './lab.ts';
import { type Mirror, startMirror } from '../../support/mirror.ts';

/** The sets of packages that `lab-packages.sh` prepares. */
export type PackageSet = 'ci' | 'all';

/** The packages of the set `ci`, all of which Debian 12 has. */
const CI_PACKAGES = 'docker.io,gh,jq,nftables,python-is-python3,python3-pip,shellcheck,unzip';

/**
 * The parts that the lab leaves out. No archive that it can reach has the release of yq; and yarn needs npm, which only
 * the full set has.
 */
const LEFT_OUT: Readonly<Record<PackageSet, string>> = { ci: '-yq,-yarn', all: '-yq' };

/** Returns the set that the environment selects: `all` for `npm run e2e:image`. */
export function packageSet(): PackageSet {
  return process.env['PACKAGE_SET'] === 'all' ? 'all' : 'ci';
}

/** Returns the flags of a build with packages of a set, by default with all of them. Without docker.io, no Docker. */
export function packageFlags(
  { url }: Pick<Mirror, 'url'>,
  set: PackageSet,
  packages = set === 'all' ? '+nftables' : CI_PACKAGES,
): readonly string[] {
  const hasDocker = packages.startsWith('+') || packages.includes('docker.io');
  return [
    ...['--apt-packages', packages, '--apt-mirror', `${url}/debian`],
    ...['--npm-registry', url, '--guest-parts', hasDocker ? LEFT_OUT[set] : `${LEFT_OUT[set]},-docker`],
  ];
}

/** Returns the folder of a set. `tests/e2e/run` fills it. */
function packagesFolder(set: PackageSet): string {
  return join(labHome(), 'cache', `packages-${set}`);
}

/** Starts a mirror on which noble is the full guest, with the packages of a set in `debian` and yarn in the root. */
export async function startPackageMirror(set: PackageSet, host = GATEWAY): Promise<Mirror> {
  const folder = packagesFolder(set);
  const folders = new Map([
    ['debian', join(folder, 'debian')],
    ['yarn', join(folder, 'npm/yarn')],
  ]);
  return startMirror({ bases: new Map([['noble', baseImageFile('full')]]), folders, host });
}

/** The settings of apt and the packages of the base image. */
interface BasePackages {
  /** The digests of the files in /etc/apt, as `sha256sum` prints them. */
  readonly aptDigests: string;
  /** The sum of the installed sizes of all packages. */
  readonly kilobytes: number;
}

/** Reads what `lab-packages.sh` found in the base image. */
export async function readBasePackages(set: PackageSet): Promise<BasePackages> {
  const read = (name: string): Promise<string> => readFile(join(packagesFolder(set), name), 'utf8');
  return { aptDigests: (await read('etc-apt')).trimEnd(), kilobytes: Number(await read('kilobytes')) };
}
