import { InputError } from '../../src/model/errors.ts';
import { parseCommandLine } from '../../src/bin/image-builder/command-line.ts';
import type { Host, Request } from '../../src/bin/image-builder/request.ts';
import { parseRequest } from '../../src/bin/image-builder/requests.ts';

const SILENT = { out: () => undefined, err: () => undefined };

/** What the command line `argv` asks for, on a host of Node's architecture x64. */
export function ask(argv: readonly string[], host: Partial<Host> = {}): Request {
  const whole = {
    arch: 'x64',
    osCloud: undefined,
    scriptUrl: undefined,
    newBuildId: 'new-1',
    readDescriptor: () => '',
    ...host,
  };
  return parseRequest(parseCommandLine(argv, SILENT, '1.2.3'), whole);
}

/** What is wrong with the command line `argv`. */
export function problemsOf(...argv: readonly string[]): readonly string[] {
  try {
    ask(argv);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}
