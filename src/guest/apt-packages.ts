import type { Arch } from '../model/image/arch.ts';
import type { Base } from '../model/image/base.ts';

/** The releases of libicu that the runner for 32-bit Arm is built against, on the bases that can have it. */
const ARM_ICU: Readonly<Partial<Record<Base, string>>> = { noble: 'libicu74', resolute: 'libicu78' };

/** The architectures whose runner needs a .NET runtime of the system. */
const WITHOUT_OWN_DOTNET: readonly Arch[] = ['s390x', 'ppc64le'];

/**
 * The commands that prove a package, one per element. Docker is not here, because the part docker has a check of its own.
 */
const COMMANDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['build-essential', ['gcc --version', 'make --version']],
  ['cargo', ['cargo --version']],
  ['dotnet-runtime-8.0', ['dotnet --list-runtimes']],
  ['gh', ['gh --version']],
  ['jq', ['jq --version']],
  ['npm', ['npm --version']],
  ['pkg-config', ['pkg-config --version']],
  ['python-is-python3', ['python --version']],
  ['python3-dev', ['python3-config --includes']],
  ['python3-pip', ['pip --version']],
  ['rustc', ['rustc --version']],
  ['rustup', ['sudo -n -u ubuntu -H rustc --version', 'sudo -n -u ubuntu -H cargo --version']],
  ['shellcheck', ['shellcheck --version']],
  ['socat', ['socat -V']],
  ['tar', ['tar --version']],
  ['time', ['/usr/bin/time --version']],
  ['unzip', ['unzip -v']],
  ['wget', ['wget --version']],
]);

/** Returns the packages to install on a base: those of the option with the differences of the architecture. */
export function selectPackages(base: Base, arch: Arch, packages: readonly string[]): readonly string[] {
  const changed = arch === 'arm' ? selectArmPackages(base, packages) : packages;
  const dotnet = WITHOUT_OWN_DOTNET.includes(arch) ? ['dotnet-runtime-8.0'] : [];
  return [...new Set([...changed, ...dotnet])];
}

/** Ubuntu's Rust compiles for the 64-bit host only, so rustup replaces it. The libraries are those of the 32-bit runner. */
function selectArmPackages(base: Base, packages: readonly string[]): readonly string[] {
  const others = packages.filter((name) => name !== 'cargo' && name !== 'rustc');
  const rust = others.length < packages.length ? ['rustup'] : [];
  const libraries = ['libc6', 'libatomic1', ARM_ICU[base] ?? []].flat();
  return [...others, ...rust, ...libraries.map((name) => `${name}:armhf`)];
}

/** Returns the commands that prove the packages. */
export function commandsOf(packages: readonly string[]): readonly string[] {
  return packages.flatMap((name) => COMMANDS.get(name) ?? []);
}

/** Returns the name of a package without its version or suite, as dpkg knows it. */
export function bareName(name: string): string {
  return name.split(/[=/]/, 1)[0] ?? name;
}
