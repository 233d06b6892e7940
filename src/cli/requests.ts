import { COMMANDS } from './commands/command-table.ts';
import type { Invocation } from './invocation.ts';
import { OptionReader } from './commands/options/read-options.ts';
import type { Host, Request } from './request.ts';
import { readSettings } from './settings.ts';

/** Turns an invocation into a request. Throws InputError with all problems. */
export function parseRequest({ command, args, options }: Invocation, host: Host): Request {
  const found = COMMANDS.find(({ name }) => name === command);
  if (found === undefined) throw new Error(`command ${command} is declared but not in the table`);
  const reader = new OptionReader(options);
  const settings = readSettings(reader, host);
  const request = found.parse({ args, reader, host, settings });
  reader.throwProblems();
  return request;
}
