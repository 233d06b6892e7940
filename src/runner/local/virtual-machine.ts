import { join } from 'node:path';
import { findHostKeyFingerprints } from '../../guest/console.ts';
import type { Deadlines, RunSettings } from '../../image-builder/context.ts';
import { type WaitWatch, waitOn } from '../../image-builder/wait-on.ts';
import { ProductError, ServerError } from '../../model/errors.ts';
import { messageOf } from '../../model/text/message-of.ts';
import { readFileTail } from '../../system/files/file-tail.ts';
import { findFreePort } from '../../system/free-port.ts';
import { type CommandResult, runCommand } from '../../system/process/command.ts';
import { sendToMonitor } from '../../system/process/qemu-monitor.ts';
import { throwIfAborted, waitFor } from '../../system/wait.ts';
import type { Hypervisor } from './hypervisor.ts';
import { MAC_ADDRESS } from './seed.ts';
import { FILES } from './work-folder.ts';

const CONSOLE_BYTES = 256 * 1024;
const EXIT_MS = 1000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** The hardware of a virtual machine, and the longest time that it runs. */
export interface Hardware {
  readonly cpus: number;
  /** In MiB. */
  readonly memory: number;
  /** In seconds. */
  readonly lifetime: number;
}

/** A QEMU process whose guest boots from the files in its folder. */
export class VirtualMachine {
  /** The port on 127.0.0.1 that leads to the guest's SSH port. */
  readonly port: number;
  /** Aborted with a ServerError when QEMU ends. */
  readonly ended: AbortSignal;
  readonly #folder: string;
  readonly #stopper = new AbortController();
  readonly #exit: Promise<void>;
  #end: { readonly isClean: boolean; readonly text: string } | undefined;

  /** Starts QEMU. Its arguments hold no secret, and it ends when this process does. */
  static async start(
    hypervisor: Hypervisor,
    folder: string,
    hardware: Hardware & { readonly sshPort: number },
  ): Promise<VirtualMachine> {
    return new VirtualMachine(hypervisor, folder, { ...hardware, port: await findFreePort() });
  }

  private constructor(
    { setpriv, qemu, machine, accelerator }: Hypervisor,
    folder: string,
    hardware: Hardware & { readonly sshPort: number; readonly port: number },
  ) {
    this.port = hardware.port;
    this.#folder = folder;
    const run = runCommand({
      file: setpriv,
      args: ['--pdeathsig', 'KILL', qemu, ...machine, '-accel', accelerator, ...renderArguments(hardware)],
      env: { LC_ALL: 'C' },
      cwd: folder,
      timeoutMs: hardware.lifetime * 1000,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal: this.#stopper.signal,
    });
    const ended = new AbortController();
    this.ended = ended.signal;
    const note = (isClean: boolean, text: string): void => {
      this.#end = { isClean, text };
      ended.abort(new ServerError(`QEMU has ended: ${text}`));
    };
    this.#exit = run.then(
      (result) => {
        note(result.exitCode === 0, describeEnd(result));
      },
      (error: unknown) => {
        note(false, `${messageOf(error)}; --lifetime sets the limit`);
      },
    );
  }

  /** Waits for the fingerprints of the guest's host keys on its console. */
  async waitForHostKeys(
    context: Deadlines & WaitWatch & Pick<RunSettings, 'owner'>,
  ): Promise<readonly string[]> {
    let seen = 'nothing';
    const probe = async (): Promise<readonly string[] | undefined> => {
      const console = await readFileTail(join(this.#folder, FILES.console), CONSOLE_BYTES);
      const last = console.trim().split('\n').at(-1)?.slice(-200) ?? '';
      seen = last === '' ? 'nothing' : last;
      const fingerprints = findHostKeyFingerprints(console, context.owner.buildId);
      return fingerprints.length > 0 ? fingerprints : undefined;
    };
    const what = 'the guest to print the fingerprint of its SSH host key on its console';
    const state = { timeout: 'bootTimeout', what, lastSeen: () => seen } as const;
    return waitFor(probe, waitOn(context, context, state));
  }

  /** Runs work that needs the guest. Throws ServerError with QEMU's own reason when the work fails because QEMU has ended. */
  async during<T>(work: () => Promise<T>, { clock }: Pick<Deadlines, 'clock'>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isCancelled = error instanceof ProductError && error.kind === 'cancelled';
      // A lost connection is noticed before the exit of the process.
      if (!isCancelled) await Promise.race([this.#exit, clock.sleep(EXIT_MS)]);
      throwIfAborted(this.ended);
      throw error;
    }
  }

  /** Presses the power button, as Nova's stop does, and waits until the guest has shut down. */
  async powerOff(context: Deadlines & WaitWatch): Promise<void> {
    throwIfAborted(this.ended);
    await sendToMonitor(join(this.#folder, FILES.monitor), 'system_powerdown');
    const state = { timeout: 'shutdownTimeout', what: 'the guest to shut down' } as const;
    const end = await waitFor(() => Promise.resolve(this.#end), waitOn(context, context, state));
    if (!end.isClean) throw new ServerError(`QEMU failed: ${end.text}`);
  }

  /** Stops QEMU at once. Safe to repeat. */
  async stop(): Promise<void> {
    this.#stopper.abort();
    await this.#exit;
  }
}

function renderArguments({
  cpus,
  memory,
  port,
  sshPort,
}: Hardware & { readonly sshPort: number; readonly port: number }): readonly string[] {
  const disk = `if=virtio,format=qcow2,cache=unsafe,discard=unmap,detect-zeroes=unmap,werror=report,file=${FILES.disk}`;
  return [
    ...['-no-user-config', '-nodefaults', '-display', 'none'],
    ...['-cpu', 'max', '-smp', `${cpus}`, '-m', `${memory}`],
    ...['-serial', `file:${FILES.console}`, '-monitor', `unix:${FILES.monitor},server=on,wait=off`],
    ...['-drive', disk],
    ...['-drive', `if=virtio,format=raw,readonly=on,file=${FILES.seed}`],
    ...['-netdev', `user,id=network,hostfwd=tcp:127.0.0.1:${port}-:${sshPort}`],
    ...['-device', `virtio-net-pci,netdev=network,mac=${MAC_ADDRESS}`, '-device', 'virtio-rng-pci'],
  ];
}

function describeEnd({ exitCode, signal, stderr }: CommandResult): string {
  const end = signal === undefined ? `exit code ${exitCode ?? 'unknown'}` : `ended by ${signal}`;
  const text = stderr.trim().slice(-1000);
  return text === '' ? end : `${end}\n  ${text.split('\n').join('\n  ')}`;
}
