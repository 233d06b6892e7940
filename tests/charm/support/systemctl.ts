import type { CommandRequest, CommandResult } from '../../../src/system/process/command.ts';

/** A systemd with one service, which is loaded if its unit file existed at the last daemon-reload. */
export class TestSystemd {
  isActive = false;
  isEnabled = false;
  /** True while the service cannot be started again. */
  cannotRestart = false;
  readonly calls: string[] = [];
  #isLoaded = false;
  readonly #hasUnitFile: () => boolean;

  constructor(hasUnitFile: () => boolean) {
    this.#hasUnitFile = hasUnitFile;
  }

  answer({ args }: CommandRequest): CommandResult {
    this.calls.push(args.join(' '));
    const verb = args[0] ?? '';
    const stdout = verb === 'show' ? this.#properties() : '';
    return { exitCode: this.#exitCode(verb), signal: undefined, stdout, stderr: '' };
  }

  #properties(): string {
    const [active, enabled] = [
      this.isActive ? 'active' : 'inactive',
      this.isEnabled ? 'enabled' : 'disabled',
    ];
    return `ActiveState=${active}\nUnitFileState=${enabled}\n`;
  }

  #exitCode(verb: string): number {
    switch (verb) {
      case 'daemon-reload':
        this.#isLoaded = this.#hasUnitFile();
        return 0;
      case 'enable':
      case 'disable':
        if (!this.#hasUnitFile()) return 1;
        this.isEnabled = verb === 'enable';
        return 0;
      case 'show':
        return 0;
      case 'start':
      case 'restart':
      case 'stop':
        if (!this.#isLoaded) return 5;
        if (verb === 'restart' && this.cannotRestart) return 1;
        this.isActive = verb !== 'stop';
        return 0;
      default:
        return 1;
    }
  }
}
