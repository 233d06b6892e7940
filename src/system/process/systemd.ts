import { ProductError } from '../../model/errors.ts';
import type { CommandResult, RunCommand } from './command.ts';

/** The error for a systemctl command that failed. */
export class SystemdError extends ProductError {
  readonly kind = 'unavailable';
}

/** A service that runs or not, and that starts at boot or not. */
interface ServiceState {
  readonly isActive: boolean;
  readonly isEnabled: boolean;
}

/** The systemd services of this host. Every operation is safe to repeat. */
export interface Systemd {
  /** Reloads the unit files. */
  reload(): Promise<void>;
  enable(service: string): Promise<void>;
  disable(service: string): Promise<void>;
  start(service: string): Promise<void>;
  /** Restarts the service, or starts it when it is stopped. */
  restart(service: string): Promise<void>;
  /** Stops the service. Succeeds when systemd does not know it. */
  stop(service: string): Promise<void>;
  /** Clears the failed state, which systemd keeps even after the unit file is deleted. */
  resetFailed(service: string): Promise<void>;
  /** Reads the state with one call, because each hook does. Both are false when systemctl fails. */
  stateOf(service: string): Promise<ServiceState>;
}

/** Longer than stopping one of our services takes; see TimeoutStopSec in the unit file. */
const TIMEOUT_MS = 60_000;

/** The exit code of systemctl for a unit that is not loaded; see systemctl(1). */
const NOT_LOADED = 5;

/** The exit code of `systemctl reset-failed` for a service that systemd does not remember. */
const NOT_REMEMBERED = 1;

/** Opens the systemd that the program at `systemctl` controls. */
export function openSystemd(systemctl: string, run: RunCommand): Systemd {
  const runSystemctl = (args: readonly string[]): Promise<CommandResult> =>
    run({
      file: systemctl,
      args,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      timeoutMs: TIMEOUT_MS,
    });
  const change = async (args: readonly string[], accepted: readonly number[] = [0]): Promise<void> => {
    const { exitCode, signal, stderr } = await runSystemctl(args);
    if (exitCode !== undefined && accepted.includes(exitCode)) return;
    const end = exitCode === undefined ? `was killed by ${signal ?? 'a signal'}` : `exited with ${exitCode}`;
    throw new SystemdError(`systemctl ${args.join(' ')} ${end}: ${stderr.trim()}`);
  };
  return {
    reload: () => change(['daemon-reload']),
    enable: (service) => change(['enable', service]),
    disable: (service) => change(['disable', service]),
    start: (service) => change(['start', service]),
    restart: (service) => change(['restart', service]),
    stop: (service) => change(['stop', service], [0, NOT_LOADED]),
    resetFailed: (service) => change(['reset-failed', service], [0, NOT_REMEMBERED]),
    stateOf: async (service) => {
      const { stdout } = await runSystemctl(['show', '--property=ActiveState,UnitFileState', service]);
      const lines = stdout.split('\n');
      return {
        isActive: lines.includes('ActiveState=active'),
        isEnabled: lines.includes('UnitFileState=enabled'),
      };
    },
  };
}
