import type { CommandResult } from './guest-ssh.ts';
import { Guest, type Machine, type PartFailure } from './guest.ts';
import { holdFreePort, loopbackAddress } from './loopback.ts';
import type { Pace } from './pace.ts';

/** What a test says a command is to end with; `undefined`: what the guest says itself. */
type CommandRule = (
  guest: Guest,
  command: string,
  stdin: string,
) => CommandResult | undefined | Promise<CommandResult | undefined>;

/** The guests of one cloud, each at an address of its own, all at one port. */
export interface Guests {
  /** Where all of them answer SSH. */
  readonly port: number;
  /** Every guest that ever booted, in order. */
  readonly all: readonly Guest[];
  find(serverId: string): Guest | undefined;
  /** A free address for a server to come. */
  nextAddress(): string;
  boot(machine: Omit<Machine, 'port'>): Guest;
  /** Decides about commands from now on; the newest rule that has something to say counts. Gives its undo. */
  onCommand(rule: CommandRule): () => void;
  /** From now on the first boot fails at this part. Gives its undo. */
  failPart(part: string, code?: number, lastLines?: readonly string[]): () => void;
  close(): Promise<void>;
}

/** Makes a place for guests, with a port that is theirs. */
export async function openGuests(pace: Pace): Promise<Guests> {
  const held = await holdFreePort();
  const all: Guest[] = [];
  const rules: CommandRule[] = [];
  const failures: PartFailure[] = [];
  let addresses = 0;
  const decide = async (...asked: Parameters<CommandRule>): Promise<CommandResult | undefined> => {
    for (const rule of rules.toReversed()) {
      const decided = await rule(...asked);
      if (decided !== undefined) return decided;
    }
    return undefined;
  };
  const failureOf = (part: string): PartFailure | undefined =>
    failures.findLast((failure) => failure.part === part);
  return {
    port: held.port,
    all,
    find: (serverId) => all.findLast(({ machine }) => machine.serverId === serverId),
    nextAddress: () => loopbackAddress(addresses++),
    boot: (machine) => {
      const guest = new Guest({ ...machine, port: held.port }, pace, { decide, failureOf });
      all.push(guest);
      return guest;
    },
    onCommand: (rule) => addTo(rules, rule),
    failPart: (part, code = 1, lastLines = [`${part} did not work`]) =>
      addTo(failures, { part, code, lastLines }),
    close: async () => {
      await Promise.all([...all.map((guest) => guest.powerOff()), held.release()]);
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
