import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { type ProgramProcess, runProgram } from '../../src/cli/run-program.ts';
import type { Clock } from '../../src/model/clock.ts';
import { readDescriptor } from '../../src/system/process/descriptor.ts';
import { PASSWORD } from '../support/http-connect.ts';
import { readPlace } from '../../src/system/process/process-identity.ts';
import type { Emulator } from '../support/openstack/emulator.ts';

/** The exit code and the output of the program. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly json: () => Record<string, unknown>;
  /** The lines of stderr, each parsed. */
  readonly log: () => readonly Record<string, unknown>[];
}

/** A folder with a clouds.yaml in which the program runs. */
export interface ProgramFixture {
  folder: string;
  /** Writes clouds.yaml. A value is the origin of a Keystone or the text of the entry. */
  readonly writeClouds: (clouds: Readonly<Record<string, string>>) => Promise<void>;
  readonly run: (argv: readonly string[], change?: Partial<ProgramProcess>) => Promise<Ran>;
}

const AUTH = `username: u, password: ${PASSWORD}, project_name: p, user_domain_name: d, project_domain_name: d`;

const entryOf = (text: string): string =>
  text.startsWith('http') ? `{auth: {auth_url: '${text}/v3', ${AUTH}}, region_name: R1}` : text;

/** The clock of the program, and the emulator if there is one. */
interface Surroundings {
  readonly clock: Clock;
  readonly emulator?: Pick<Emulator, 'secrets'>;
}

/** Runs the program in a fresh folder and checks that its outputs contain neither a password nor a token. */
export function useProgram(at: Surroundings): ProgramFixture {
  const fixture: ProgramFixture = {
    folder: '',
    writeClouds: (clouds) => {
      const entries = Object.entries(clouds).map(([name, text]) => `${name}: ${entryOf(text)}`);
      return writeFile(join(fixture.folder, 'clouds.yaml'), `clouds: {${entries.join(', ')}}`);
    },
    run: async (argv, change = {}) => {
      const ran = await run(argv, { cwd: fixture.folder, clock: at.clock, ...change });
      const secrets = [PASSWORD, 'token-1', ...(at.emulator?.secrets() ?? [])];
      expect(secrets.filter((secret) => `${ran.out}${ran.err}`.includes(secret))).toEqual([]);
      return ran;
    },
  };
  beforeEach(async () => {
    fixture.folder = await mkdtemp(join(tmpdir(), 'program-'));
  });
  afterEach(() => rm(fixture.folder, { recursive: true }));
  return fixture;
}

async function run(
  argv: readonly string[],
  process: Pick<ProgramProcess, 'cwd' | 'clock'> & Partial<ProgramProcess>,
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runProgram({
    argv,
    env: {},
    host: { arch: 'x64', newBuildId: 'b1', readDescriptor },
    place: readPlace(),
    version: '1.2.3',
    writeOut: (text) => (out += text),
    writeErr: (text) => (err += text),
    isStdoutTerminal: false,
    terminal: { isTerminal: false, columns: 80 },
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    ...process,
  });
  const lines = (): readonly string[] => err.split('\n').filter((line) => line !== '');
  return {
    code,
    out,
    err,
    json: () => JSON.parse(out) as Record<string, unknown>,
    log: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
