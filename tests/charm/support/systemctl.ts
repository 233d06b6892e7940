import type { CommandRequest, CommandResult } from '../../../src/system/process/command.ts';

/** A systemd that knows one service, as long as its unit file was there when systemd last looked. */
export class TestSystemd {
  isActive = false;
  isEnabled = false;
  readonly calls: string[] = [];
  #isLoaded = false;
  readonly #isThere: () => boolean;

  constructor(isThere: () => boolean) {
    this.#isThere = isThere;
  }

  answer({ args }: CommandRequest): CommandResult {
    this.calls.push(args.join(' '));
    return { exitCode: this.#exitCode(args[0] ?? ''), signal: undefined, stdout: '', stderr: '' };
  }

  #exitCode(verb: string): number {
    switch (verb) {
      case 'daemon-reload':
        this.#isLoaded = this.#isThere();
        return 0;
      case 'enable':
      case 'disable':
        if (!this.#isThere()) return 1;
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
