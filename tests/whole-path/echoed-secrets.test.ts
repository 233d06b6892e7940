import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runProgram } from '../../src/cli/run-program.ts';
import { systemClock } from '../../src/system/clock.ts';
import { readDescriptor } from '../../src/system/process/descriptor.ts';
import { type HttpCloud, TOKENS, startHttpCloud, tokenAnswer } from '../support/http-cloud.ts';
import { readPlace } from '../../src/system/process/process-identity.ts';
import { SPELLINGS, longestRest } from '../support/spellings.ts';

const PASSWORD = `pass "w\\o/rd<&+é-MARKED`;
const TOKEN = 'gAAAAABtoken_-MARKED';
const SCRIPT_TOKEN = 'script-t0ken/+MARKED';
let gateway: HttpCloud;
let folder: string;

beforeEach(async () => {
  gateway = await startHttpCloud();
  folder = await mkdtemp(join(tmpdir(), 'echo-'));
  const auth = { auth_url: gateway.origin, username: 'u', password: PASSWORD, project_name: 'p' };
  const domains = { user_domain_name: 'Default', project_domain_name: 'Default' };
  const clouds = { lab: { region_name: 'R1', auth: { ...auth, ...domains } } };
  await writeFile(join(folder, 'clouds.yaml'), JSON.stringify({ clouds }));
});

afterEach(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

/** Runs the program and returns both of its outputs. */
async function run(argv: readonly string[]): Promise<string> {
  let output = '';
  const write = (text: string): void => void (output += text);
  await runProgram({
    argv: [...argv, '--os-cloud', 'lab', '--log-level', 'debug'],
    env: {
      IMAGE_BUILDER_SECRET_TOKEN: SCRIPT_TOKEN,
      IMAGE_BUILDER_SCRIPT_URL: `${gateway.origin}/script?token=${encodeURIComponent(SCRIPT_TOKEN)}`,
    },
    cwd: folder,
    host: { arch: 'x64', newBuildId: 'abcdefabcdef', readDescriptor },
    place: readPlace(),
    version: '1.2.3',
    clock: systemClock,
    writeOut: write,
    writeErr: write,
    isStdoutTerminal: false,
    terminal: { isTerminal: false, columns: 80 },
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
  });
  return output;
}

describe('a gateway that echoes a request', () => {
  test.each(Object.entries(SPELLINGS))(
    'No output shows a secret that a gateway echoes %s',
    async (_, spell) => {
      const echo = (status: number, secret: string) => ({
        status,
        body: { error: { message: `refused (${spell(secret)}) by the gateway` } },
      });
      gateway.on(TOKENS, echo(401, PASSWORD));
      const outputs = [
        ['login', PASSWORD, await run(['latest-build-id', 'app'])],
        ['login as text', PASSWORD, await run(['latest-build-id', 'app', '--format', 'text'])],
      ];
      gateway.on(TOKENS, tokenAnswer(gateway.origin, TOKEN));
      gateway.on('GET /v2/images', ({ headers }) => echo(400, headers['x-auth-token'] ?? ''));
      outputs.push(['token', TOKEN, await run(['latest-build-id', 'app', '--log-format', 'json'])]);
      gateway.on('GET /v2.1/flavors/detail', () => echo(400, SCRIPT_TOKEN));
      outputs.push(['script', SCRIPT_TOKEN, await run(['run', 'app', '--log-format', 'json'])]);
      for (const [what = '', secret = '', output = ''] of outputs) {
        expect([what, output]).toEqual([what, expect.stringMatching(/refused \([^)]*\[secret\]/)]);
        expect([what, longestRest(output, spell(secret)) < 10 ? '' : output]).toEqual([what, '']);
      }
    },
  );
});
