import type { Base } from './base.ts';

/** The CPU architectures of images, in the words of the options. */
export const ARCHES = ['arm64', 'x64', 's390x', 'ppc64le', 'arm'] as const;

export type Arch = (typeof ARCHES)[number];

interface ArchNames {
  /** Glance's `architecture` property. */
  readonly openstack: string;
  /** The suffix of Ubuntu's cloud image files. */
  readonly ubuntu: string;
  /** The suffix of the GitHub runner's tarballs. */
  readonly runner: string;
}

const NAMES: Readonly<Record<Arch, ArchNames>> = {
  arm64: { openstack: 'aarch64', ubuntu: 'arm64', runner: 'arm64' },
  x64: { openstack: 'x86_64', ubuntu: 'amd64', runner: 'x64' },
  s390x: { openstack: 's390x', ubuntu: 's390x', runner: 's390x' },
  ppc64le: { openstack: 'ppc64le', ubuntu: 'ppc64el', runner: 'ppc64le' },
  arm: { openstack: 'aarch64', ubuntu: 'arm64', runner: 'arm' },
};

/** Returns the names of `arch` in OpenStack, in Ubuntu and in the runner's releases. */
export function archNames(arch: Arch): ArchNames {
  return NAMES[arch];
}

/** GitHub releases no runner for these architectures; Canonical does, in the same layout and with the same file names. */
const CANONICAL_RUNNERS: readonly Arch[] = ['s390x', 'ppc64le'];

/** Returns the URL of the releases that have the runner for `arch`. */
export function defaultRunnerReleasesUrl(arch: Arch): string {
  const repository = CANONICAL_RUNNERS.includes(arch) ? 'canonical/github-actions-runner' : 'actions/runner';
  return `https://github.com/${repository}/releases`;
}

/** The bases whose arm64 image can also have the 32-bit libraries that the runner for arm needs. */
const ARM_BASES: readonly Base[] = ['noble', 'resolute'];

/** Reports each base that cannot be built for `arch`, with the reason. */
export function checkBases(
  arch: Arch,
  bases: readonly Base[],
  addProblem: (expected: string, got: string) => void,
): void {
  const wrong = arch === 'arm' ? bases.filter((base) => !ARM_BASES.includes(base)) : [];
  if (wrong.length === 0) return;
  const reason = 'because the runner for 32-bit Arm needs libraries that older bases lack';
  addProblem(`${ARM_BASES.join(' or ')} for the architecture arm, ${reason}`, wrong.join(', '));
}

const ALIASES: ReadonlyMap<string, Arch> = new Map([
  ['aarch64', 'arm64'],
  ['amd64', 'x64'],
  ['x86_64', 'x64'],
  ['ppc64el', 'ppc64le'],
  ['armhf', 'arm'],
  ['armv7l', 'arm'],
]);

/** Returns the architecture that `text` names, in any case and by any common alias; undefined when it names none. */
export function findArch(text: string): Arch | undefined {
  const name = text.trim().toLowerCase();
  return ARCHES.find((arch) => arch === name) ?? ALIASES.get(name);
}
