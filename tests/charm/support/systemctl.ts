import type { CommandRequest, CommandResult } from '../../../src/system/process/command.ts';

/** A systemd with one service, which is loaded if its unit file existed at the last daemon-reload. */
export class TestSystemd {
  isActive = false;
  isEnabled = false;
  readonly calls: string[] = [];
  #isLoaded = false;
  readonly #hasUnitFile: () => boolean;

  constructor(hasUnitFile: () => boolean) {
    this.#hasUnitFile = hasUnitFile;
  }

  answer({ args }: CommandRequest): CommandResult {
    this.calls.push(args.join(' '));
    return { exitCode: this.#exitCode(args[0] ?? ''), signal: undefined, stdout: '', stderr: '' };
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
      case 'is-enabled':
        return this.isEnabled ? 0 : 1;
      case 'is-active':
        return this.isActive ? 0 : 3;
      case 'start':
      case 'restart':
      case 'stop':
        if (!this.#isLoaded) return 5;
        this.isActive = verb !== 'stop';
        return 0;
      default:
        return 1;
    }
  }
}
