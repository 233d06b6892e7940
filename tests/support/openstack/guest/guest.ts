import { INSTALL_COMMAND } from '../../../../src/guest/install-part.ts';
import { type SshKeyPair, generateSshKeyPair } from '../../../../src/system/ssh/ssh-keys.ts';
import { consoleLine, hostKeyLine } from './console.ts';
import { GUEST_FILES, type GuestDisk, createGuestDisk } from './disk.ts';
import { findInstalledPart, findMarker, outputOfProgram } from './programs.ts';
import { type CommandResult, openSshd } from './sshd.ts';
import { type Listener, listenOn } from '../server/loopback.ts';
import type { EmulatorClock } from '../emulator-clock.ts';

/** The hardware, network and metadata that Nova provides for a server. */
export interface GuestMachine {
  readonly serverId: string;
  readonly serverName: string;
  readonly address: string;
  readonly port: number;
  readonly userData: string;
  readonly authorizedKey: string | undefined;
  /** Appends to the console of the server. */
  readonly print: (text: string) => void;
}

/** A command received over SSH. */
export interface GuestCommand {
  readonly command: string;
  readonly stdin: string;
  /** Undefined until the command ends. */
  code: number | undefined;
}

/** The failure of a part's installation. */
export interface PartFailure {
  readonly part: string;
  readonly code: number;
  readonly lastLines: readonly string[];
}

/** The behaviour of guests that a test overrides. */
export interface GuestOverrides {
  /** Returns the result of a command, or undefined for the guest's own behaviour. */
  readonly decide: (guest: Guest, command: string, stdin: string) => Promise<CommandResult | undefined>;
  readonly failureOf: (part: string) => PartFailure | undefined;
}

/** Times in seconds of the emulator's clock. */
const SSHD_AFTER = 3;
const SECONDS_OF_USER_DATA = 1;
const SECONDS_OF_A_PART = 1;

/** The guest of one server: an SSH server that emulates a machine with cloud-init. */
export class Guest {
  readonly machine: GuestMachine;
  readonly hostKey: SshKeyPair = generateSshKeyPair('root@guest');
  /** All commands so far, in order. */
  readonly log: GuestCommand[] = [];
  readonly disk: GuestDisk;
  readonly #marker: string | undefined;
  readonly #rules: GuestOverrides;
  readonly #pace: EmulatorClock;
  readonly #waiting: (() => void)[] = [];
  #isBooted = false;
  #script: string | undefined;
  #listener: Listener | undefined;
  #isOn = true;

  constructor(machine: GuestMachine, pace: EmulatorClock, rules: GuestOverrides) {
    this.machine = machine;
    this.#pace = pace;
    this.#rules = rules;
    this.#marker = findMarker(machine.userData);
    this.disk = createGuestDisk(machine.serverId);
    this.disk.write(GUEST_FILES.userData, machine.userData);
    this.disk.write(GUEST_FILES.hostKey, this.hostKey.privateKey.reveal());
    this.disk.write(GUEST_FILES.authorizedKeys, machine.authorizedKey ?? '');
    machine.print('[    0.000000] Linux version 6.8.0 (guest)\n');
    this.#after(SSHD_AFTER, () => this.#startSshd());
  }

  /** Stops the guest without a shutdown. */
  async powerOff(): Promise<void> {
    this.#isOn = false;
    await this.#listener?.close();
  }

  #after(seconds: number, work: () => void | Promise<void>): void {
    this.#pace.after(seconds, () => (this.#isOn ? work() : undefined));
  }

  async #startSshd(): Promise<void> {
    const { address, port, authorizedKey } = this.machine;
    const run = (command: string, stdin: string): Promise<CommandResult> => this.#run(command, stdin);
    this.#listener = await listenOn(address, port, openSshd({ hostKey: this.hostKey, authorizedKey, run }));
    if (!this.#isOn) return this.#listener.close();
    this.#say(hostKeyLine(this.hostKey.publicKey));
    this.#after(SECONDS_OF_USER_DATA, () => {
      this.#endFirstBoot();
    });
  }

  #say(message: string): void {
    if (this.#marker !== undefined) this.machine.print(consoleLine(this.#marker, message));
  }

  #endFirstBoot(): void {
    this.#say(hostKeyLine(this.hostKey.publicKey));
    this.#say('ready');
    this.#isBooted = true;
    this.machine.print('Cloud-init v. 24.1 finished. Datasource DataSourceConfigDrive.\n');
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #installPart(part: string): Promise<CommandResult> {
    await new Promise<void>((resolve) => {
      this.#after(SECONDS_OF_A_PART, resolve);
    });
    const failure = this.#rules.failureOf(part);
    if (failure === undefined) {
      this.disk.append(GUEST_FILES.installed, `${part}\n`);
      return { code: 0, stdout: `${part} is installed\n` };
    }
    return { code: failure.code, stdout: failure.lastLines.map((line) => `${line}\n`).join('') };
  }

  async #run(command: string, stdin: string): Promise<CommandResult> {
    const entry: GuestCommand = { command, stdin, code: undefined };
    this.log.push(entry);
    this.disk.append(GUEST_FILES.log, `${command}\n`); // as sudo does
    const decided = await this.#rules.decide(this, command, stdin);
    const result = decided ?? (await this.#emulate(command, stdin));
    entry.code = result.code;
    return result;
  }

  #emulate(command: string, stdin: string): CommandResult | Promise<CommandResult> {
    if (command === 'cloud-init status --wait') return this.#awaitCloudInit();
    if (command === 'sudo -n sh -s' || command === INSTALL_COMMAND) return this.#runProgram(stdin);
    if (command.startsWith("sudo -n sh -c '")) return this.#runScriptCommand(command, stdin);
    return { code: 127, stderr: `sh: ${command.split(' ')[0] ?? ''}: not found\n` };
  }

  async #awaitCloudInit(): Promise<CommandResult> {
    if (!this.#isBooted) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return { code: 0, stdout: '\nstatus: done\n' };
  }

  #runProgram(program: string): CommandResult | Promise<CommandResult> {
    const part = findInstalledPart(program);
    if (part !== undefined) return this.#installPart(part);
    const stdout = outputOfProgram(program);
    if (stdout !== '' && !/^check /m.test(program)) this.disk.cleanUp(program);
    return { code: 0, stdout };
  }

  /** Installs, runs or removes the operator's script, which is kept in memory and never on the disk. */
  #runScriptCommand(command: string, stdin: string): CommandResult {
    if (/\bcat >/.test(command)) {
      this.#script = stdin;
      return { code: 0 };
    }
    if (!command.includes('eval "$(cat)"')) {
      this.#script = undefined;
      return { code: 0 };
    }
    if (this.#script === undefined) return { code: 127, stderr: 'sh: the script is not there\n' };
    this.disk.append(GUEST_FILES.installed, `files of a script of ${this.#script.length} characters\n`);
    return { code: 0, stdout: 'the script has begun\nthe script is done\n' };
  }
}
