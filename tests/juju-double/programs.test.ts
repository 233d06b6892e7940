import { expect, test } from '@jest/globals';
import type { UnitAgent } from '../support/juju/unit-agent.ts';
import { useMachine } from './shell-charm.ts';

const shell = useMachine();

async function deploy(): Promise<UnitAgent> {
  const agent = await shell.add();
  agent.relate('image', 'consumer').addUnit('consumer/0');
  await agent.deploy();
  return agent;
}

test('A hook tool receives every argument unchanged', async () => {
  const agent = await deploy();
  const { code } = await agent.execute(`juju-log -l DEBUG -- $'two\\nlines' '' '"$HOME" ü €' '*'`);
  expect(code).toBe(0);
  expect(agent.model.toolCalls.at(-1)?.args).toEqual([
    ...['-l', 'DEBUG', '--', 'two\nlines', ''],
    ...['"$HOME" ü €', '*'],
  ]);
});

test('A hook tool that reads its standard input receives all of it', async () => {
  const agent = await deploy();
  const command = `printf 'text: "%0300000d ü"' 7 | relation-set -r image:1 --file -`;
  expect(await agent.execute(command)).toMatchObject({ code: 0, stderr: '' });
  const read = await agent.execute('relation-get -r image:1 text app/0');
  expect(read.stdout).toBe(`${'7'.padStart(300_000, '0')} ü\n`);
});

test('A hook tool that does not read its standard input leaves it for other programs', async () => {
  const agent = await deploy();
  expect((await agent.execute('echo mine | { is-leader; cat; }')).stdout).toBe('True\nmine\n');
});

test('A charm may call many hook tools at the same time', async () => {
  const agent = await deploy();
  await agent.execute('for each in $(seq 20); do juju-log "call $each" & done; wait');
  const messages = agent.model.log
    .map(({ message }) => message)
    .filter((message) => message.includes('call '));
  expect(new Set(messages).size).toBe(20);
});

test('A hook tool that fails reports the reason on its standard error', async () => {
  const agent = await deploy();
  expect(await agent.execute('relation-get -r image:99 - app/0; exit $?')).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/^ERROR .*relation/),
  });
});
