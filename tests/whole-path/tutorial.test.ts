import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import { type CodeBlock, listCodeBlocks, listCommands } from '../support/docs/code-blocks.ts';
import { watchCharm } from '../support/watch-charm.ts';
import { type Answer, Operator, hasLines } from '../support/docs/operator.ts';

const PAGE = 'docs/tutorial.md';
const WAIT_S = 120;
const LONGEST_MS = 300_000;
/** The time between two looks, each of which runs a hook. */
const LOOK_PAUSE_MS = 1000;

let stage: CharmFixture;
let operator: Operator;
/** Reports whether a block failed, on which the later ones depend. */
let hasFailed = false;
/** The first id that the runner charm was given. */
let firstId = '';
/** The command of the last block, and its answer. */
let last: { readonly command: string; readonly answer: Answer } | undefined;

jest.setTimeout(LONGEST_MS);

beforeAll(async () => {
  stage = await openCharmFixture({ folder: await mkdtemp(join(tmpdir(), 'charm-')), speed: 40 });
  // The mirror stands for the internet, and the machine of the test may have another architecture.
  stage.agent.model.config.set('cloud-images-url', stage.mirror.url);
  stage.agent.model.config.set('runner-releases-url', `${stage.mirror.url}/releases`);
  stage.agent.model.config.set('architecture', 'amd64');
  operator = new Operator(
    stage,
    { 'github-runner': 'consumer' },
    {
      'password=my-password': stage.emulator.credentials('builder')['password'] ?? '',
      'openstack-auth-url=https://keystone.example.com:5000/v3': stage.emulator.cloud('a').authUrl,
      'openstack-project-name=images': 'builder',
    },
  );
});

afterAll(() => stage.close());

/** Runs a command of npm in the eyes of the page: each script must exist. */
function checkNpm(command: string): void {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: Record<string, string>;
  };
  for (const part of command.split(' && ')) {
    const [, name] = /^npm (?:run )?([a-z]+)$/.exec(part) ?? [];
    expect([
      part,
      name === 'ci' ? existsSync('package-lock.json') : scripts[name ?? ''] !== undefined,
    ]).toEqual([part, true]);
  }
}

async function runCommands(text: string): Promise<void> {
  for (const command of listCommands(text)) {
    if (command.startsWith('npm ')) checkNpm(command);
    else last = { command, answer: await operator.perform(command) };
  }
}

/** Reports whether the output has the lines of the page, which name the id of the published image in two ways. */
function isExpected(output: string, expected: string): boolean {
  const [, id = ''] = /^id: ([0-9a-f-]{36})$/m.exec(output) ?? [];
  if (firstId === '') firstId = id;
  const other = id === firstId ? 'none yet' : id;
  return hasLines(output, expected.replace('<another id>', other).replace('<the first id>', firstId));
}

/** Checks the output of the last command. A command that only looks is repeated until its output is the expected one. */
async function checkOutput(expected: string): Promise<void> {
  if (last === undefined) throw new Error(`${PAGE}: there is no command before the output ${expected}`);
  const { command, answer } = last;
  let output = answer.output;
  if (!answer.isLook) return expect(output).toContain(expected.trim());
  const what = (): string => `the output of ${command}\n${expected}got ${output}`;
  await watchCharm(stage.agent, stage.paths, LOOK_PAUSE_MS)
    .until(command, WAIT_S, async () => {
      if (isExpected(output, expected)) return true;
      output = (await operator.perform(command)).output;
      return undefined;
    })
    .catch((error: unknown) => {
      throw new Error(what(), { cause: error });
    });
}

const titleOf = ({ heading, language }: CodeBlock, index: number): string =>
  language === 'sh' ? `Block ${index + 1} runs: ${heading}` : `Block ${index + 1} is the output: ${heading}`;

describe('the tutorial', () => {
  const blocks = listCodeBlocks(PAGE);

  test('The tutorial has commands and outputs, and no other blocks', () => {
    expect(blocks.filter(({ language }) => language === 'sh').length).toBeGreaterThan(6);
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'text']));
  });

  test.each(blocks.map((block, index) => [titleOf(block, index), block] as const))('%s', async (_, block) => {
    if (hasFailed) throw new Error('an earlier block of the tutorial failed');
    hasFailed = true;
    if (block.language === 'sh') await runCommands(block.text);
    else await checkOutput(block.text);
    hasFailed = false;
  });

  test('The removed unit leaves no server, keypair or file', async () => {
    expect([stage.emulator.inventory().a.servers, stage.emulator.inventory().a.keypairs]).toEqual([[], []]);
    expect(await stage.machine.listFiles()).toEqual([]);
  });
});
