import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deadlines, Recorder } from '../../image-builder/context.ts';
import { type Arch, findArch } from '../../model/image/arch.ts';
import { InputError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { runCommand } from '../../system/process/command.ts';

/** The machine that QEMU emulates for an architecture, and the Ubuntu packages that have its programs. */
interface Machine {
  readonly program: string;
  readonly packages: readonly string[];
  readonly args: readonly string[];
}

const ARM: Machine = {
  program: 'qemu-system-aarch64',
  packages: ['qemu-system-arm', 'qemu-efi-aarch64'],
  args: ['-machine', 'virt', '-bios', '/usr/share/qemu-efi-aarch64/QEMU_EFI.fd'],
};

const MACHINES: Readonly<Partial<Record<Arch, Machine>>> = {
  x64: { program: 'qemu-system-x86_64', packages: ['qemu-system-x86'], args: ['-machine', 'pc'] },
  arm64: ARM,
  arm: ARM,
};

/** The programs that run a guest and change its disk. */
export interface Hypervisor {
  /** The path of QEMU, and its arguments for the machine. */
  readonly qemu: string;
  readonly machine: readonly string[];
  readonly qemuImg: string;
  /** The path of util-linux' setpriv, with which QEMU ends when this process does. */
  readonly setpriv: string;
  readonly accelerator: 'kvm' | 'tcg';
}

/** The host that guests run on. */
export interface LocalHost {
  /** The variable PATH. */
  readonly searchPath: string;
  readonly arch: string;
}

const PROBE_TIMEOUT_MS = 30_000;

/** Finds the programs for an architecture. Throws InputError with all that are missing and their packages. */
export async function findHypervisor(
  arch: Arch,
  host: LocalHost,
  { report, signal }: Pick<Recorder, 'report'> & Pick<Deadlines, 'signal'>,
): Promise<Hypervisor> {
  const machine = MACHINES[arch];
  if (machine === undefined) {
    throw new InputError([`--arch: expected x64, arm64 or arm for a local build, got ${arch}`]);
  }
  const wanted = [
    [machine.program, machine.packages],
    ['qemu-img', ['qemu-utils']],
    ['setpriv', ['util-linux']],
  ] as const;
  const found = await Promise.all(wanted.map(([program]) => findProgram(program, host)));
  const missing = wanted.filter((_one, index) => found[index] === undefined);
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(' and ');
    const packages = missing.flatMap(([, names]) => names).join(' ');
    throw new InputError([`${names}: no such program in PATH; install it with: apt install ${packages}`]);
  }
  const [qemu = '', qemuImg = '', setpriv = ''] = found;
  const reason = await findKvmProblem(arch, host, [qemu, machine.args], signal);
  if (reason !== undefined) {
    const text = `the guest is emulated, which takes several times as long, because KVM cannot be used: ${reason}`;
    report({ kind: 'note', step: 'check host', text });
  }
  const accelerator = reason === undefined ? 'kvm' : 'tcg';
  return { qemu, machine: machine.args, qemuImg, setpriv, accelerator };
}

/**
 * Returns the reason why QEMU cannot use KVM, or undefined when it can. Only QEMU itself knows: some hosts have /dev/kvm but
 * refuse what QEMU asks for.
 */
async function findKvmProblem(
  arch: Arch,
  host: LocalHost,
  [file, machine]: readonly [string, readonly string[]],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (findArch(host.arch) !== (arch === 'arm' ? 'arm64' : arch)) return `this host is not ${arch}`;
  const args = [
    ...machine,
    '-no-user-config',
    '-nodefaults',
    '-display',
    'none',
    '-accel',
    'kvm',
    '-cpu',
    'max',
  ];
  const probe = { file, args: [...args, '-S', '-monitor', 'stdio'], env: { LC_ALL: 'C' }, input: 'quit\n' };
  try {
    const { exitCode, stderr } = await runCommand({ ...probe, timeoutMs: PROBE_TIMEOUT_MS, signal });
    return exitCode === 0 ? undefined : (stderr.trim().split('\n')[0] ?? 'it gives no reason');
  } catch (error) {
    return messageOf(error);
  }
}

async function findProgram(name: string, { searchPath }: LocalHost): Promise<string | undefined> {
  for (const folder of searchPath.split(':').filter((each) => each.startsWith('/'))) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
