import { ProductError } from '../model/errors.ts';
import type { CommandResult, RunCommand } from './command.ts';

/** systemd refused, or could not be asked. */
export class SystemdError extends ProductError {
  readonly kind = 'unavailable';
}

/** The services of this host. Each act is safe to repeat. */
export interface Systemd {
  /** Reads the unit files again. */
  reload(): Promise<void>;
  enable(service: string): Promise<void>;
  disable(service: string): Promise<void>;
  start(service: string): Promise<void>;
  /** Starts what does not run, too. */
  restart(service: string): Promise<void>;
  /** One that systemd does not know has stopped. */
  stop(service: string): Promise<void>;
  /** Forgets that the service failed: systemd remembers it even when its file is gone. */
  resetFailed(service: string): Promise<void>;
  isActive(service: string): Promise<boolean>;
  isEnabled(service: string): Promise<boolean>;
}

/** More than stopping a service of ours takes: see its TimeoutStopSec. */
const TIMEOUT_MS = 60_000;

/** "The unit is not loaded", of systemctl(1). */
const NOT_LOADED = 5;

/** What systemctl says of a service that is not in systemd's memory, when asked to forget its failures. */
const NOT_REMEMBERED = 1;

/** The systemd that the program at `systemctl` speaks to. */
export function openSystemd(systemctl: string, run: RunCommand): Systemd {
  const ask = (args: readonly string[]): Promise<CommandResult> =>
    run({
      file: systemctl,
      args,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      timeoutMs: TIMEOUT_MS,
    });
  const tell = async (args: readonly string[], accepted: readonly number[] = [0]): Promise<void> => {
    const { exitCode, signal, stderr } = await ask(args);
    if (exitCode !== undefined && accepted.includes(exitCode)) return;
    const end = exitCode === undefined ? `was ended by ${signal ?? 'a signal'}` : `exited with ${exitCode}`;
    throw new SystemdError(`systemctl ${args.join(' ')} ${end}: ${stderr.trim()}`);
  };
  const isSo = async (args: readonly string[]): Promise<boolean> => (await ask(args)).exitCode === 0;
  return {
    reload: () => tell(['daemon-reload']),
    enable: (service) => tell(['enable', service]),
    disable: (service) => tell(['disable', service]),
    start: (service) => tell(['start', service]),
    restart: (service) => tell(['restart', service]),
    stop: (service) => tell(['stop', service], [0, NOT_LOADED]),
    resetFailed: (service) => tell(['reset-failed', service], [0, NOT_REMEMBERED]),
    isActive: (service) => isSo(['is-active', '--quiet', service]),
    isEnabled: (service) => isSo(['is-enabled', '--quiet', service]),
  };
}
