import type { JobOrder, OrderKind, OrderOf } from '../../src/model/job/job-order.ts';
import { InputError } from '../../src/model/errors.ts';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import type { Host, JobSecrets, Request } from '../../src/cli/request.ts';
import { parseRequest } from '../../src/cli/requests.ts';

const SILENT = { out: () => undefined, err: () => undefined };

/** Returns the request of the command line `argv`, on a host with the architecture x64. */
export function ask(argv: readonly string[], host: Partial<Host> = {}): Request {
  const whole = {
    arch: 'x64',
    isStdoutTerminal: false,
    osCloud: undefined,
    scriptUrl: undefined,
    scriptSecrets: new Map(),
    newBuildId: 'new-1',
    now: Date.parse('2026-11-21T08:00:00Z'),
    readDescriptor: () => '',
    readOrder: () => '',
    ...host,
  };
  return parseRequest(parseCommandLine(argv, SILENT, '1.2.3'), whole);
}

/** Returns the order and the secrets of the command line `argv`. */
export function orderFor<K extends OrderKind>(
  kind: K,
  argv: readonly string[],
  host: Partial<Host> = {},
): { readonly order: OrderOf<K>; readonly secrets: JobSecrets } {
  const request = ask(argv, host);
  if (request.command !== 'order' || !isOf(kind, request.order))
    throw new Error(`expected an order to ${kind}`);
  return { order: request.order, secrets: request.secrets };
}

function isOf<K extends OrderKind>(kind: K, order: JobOrder): order is OrderOf<K> {
  return order.kind === kind;
}

/** Returns the problems of the command line `argv`. */
export function problemsOf(...argv: readonly string[]): readonly string[] {
  try {
    ask(argv);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}
