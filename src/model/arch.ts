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
