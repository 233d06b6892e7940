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

test('a hook tool gets every word as it is', async () => {
  const agent = await deploy();
  const { code } = await agent.execute(`juju-log -l DEBUG -- $'two\\nlines' '' '"$HOME" ü €' '*'`);
  expect(code).toBe(0);
  expect(agent.model.toolCalls.at(-1)?.args).toEqual([
    ...['-l', 'DEBUG', '--', 'two\nlines', ''],
    ...['"$HOME" ü €', '*'],
  ]);
});

test('a hook tool that asks for its standard input gets all of it', async () => {
  const agent = await deploy();
  const made = `printf 'text: "%0300000d ü"' 7 | relation-set -r image:1 --file -`;
  expect(await agent.execute(made)).toMatchObject({ code: 0, stderr: '' });
  const read = await agent.execute('relation-get -r image:1 text app/0');
  expect(read.stdout).toBe(`${'7'.padStart(300_000, '0')} ü\n`);
});

test('a hook tool that does not ask for it leaves its standard input to others', async () => {
  const agent = await deploy();
  expect((await agent.execute('echo mine | { is-leader; cat; }')).stdout).toBe('True\nmine\n');
});

test('a charm may call many hook tools at a time', async () => {
  const agent = await deploy();
  await agent.execute('for each in $(seq 20); do juju-log "call $each" & done; wait');
  const said = agent.model.log.map(({ message }) => message).filter((message) => message.includes('call '));
  expect(new Set(said).size).toBe(20);
});

test('a hook tool tells how it went by its exit code and its standard error', async () => {
  const agent = await deploy();
  expect(await agent.execute('relation-get -r image:99 - app/0; exit $?')).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/^ERROR .*relation/),
  });
});
