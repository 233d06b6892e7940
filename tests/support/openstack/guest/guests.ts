import type { CommandResult } from './sshd.ts';
import { Guest, type GuestMachine, type PartFailure } from './guest.ts';
import { reservePort, loopbackAddress } from '../server/loopback.ts';
import type { EmulatorClock } from '../emulator-clock.ts';

/** Returns the result of a command, or undefined to leave it to older rules and the guest itself. */
type CommandRule = (
  guest: Guest,
  command: string,
  stdin: string,
) => CommandResult | undefined | Promise<CommandResult | undefined>;

/** The guests of one cloud. Each has its own address; all use the same port. */
export interface Guests {
  /** The SSH port of all guests. */
  readonly port: number;
  /** All guests that were ever booted, in order. */
  readonly all: readonly Guest[];
  find(serverId: string): Guest | undefined;
  /** Reserves an address for a new server. */
  nextAddress(): string;
  boot(machine: Omit<GuestMachine, 'port'>): Guest;
  /** Adds a command rule, which takes precedence over older rules. Returns a function that removes it. */
  onCommand(rule: CommandRule): () => void;
  /** Makes every installation of this part fail. Returns a function that removes the failure. */
  failPart(part: string, code?: number, lastLines?: readonly string[]): () => void;
  close(): Promise<void>;
}

/** Reserves a port and creates an empty set of guests. */
export async function openGuests(pace: EmulatorClock): Promise<Guests> {
  const reserved = await reservePort();
  const all: Guest[] = [];
  const rules: CommandRule[] = [];
  const failures: PartFailure[] = [];
  let addresses = 0;
  const decide = async (...command: Parameters<CommandRule>): Promise<CommandResult | undefined> => {
    for (const rule of rules.toReversed()) {
      const decided = await rule(...command);
      if (decided !== undefined) return decided;
    }
    return undefined;
  };
  const failureOf = (part: string): PartFailure | undefined =>
    failures.findLast((failure) => failure.part === part);
  return {
    port: reserved.port,
    all,
    find: (serverId) => all.findLast(({ machine }) => machine.serverId === serverId),
    nextAddress: () => loopbackAddress(addresses++),
    boot: (machine) => {
      const guest = new Guest({ ...machine, port: reserved.port }, pace, { decide, failureOf });
      all.push(guest);
      return guest;
    },
    onCommand: (rule) => addTo(rules, rule),
    failPart: (part, code = 1, lastLines = [`${part} did not work`]) =>
      addTo(failures, { part, code, lastLines }),
    close: async () => {
      await Promise.all([...all.map((guest) => guest.powerOff()), reserved.release()]);
    },
  };
}

function addTo<T>(list: T[], one: T): () => void {
  list.push(one);
  return () => {
    const at = list.indexOf(one);
    if (at >= 0) list.splice(at, 1);
  };
}
