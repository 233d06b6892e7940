import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { useClouds } from '../image-builder/use-clouds.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { useProgram } from './run-program.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/bin/github-runner-image-builder.js');
const at = useClouds();
const program = useProgram(at);
const ID = uuidOf('i1');
const LATEST = ['--os-cloud', 'b', 'latest-build-id', 'noble'];

const refuse = (): never => {
  throw new Error('ENOSPC: no space left on device, write');
};

beforeEach(async () => {
  await program.writeClouds({ b: at.entry('b') });
  at.b.add({ id: ID, name: 'noble', status: 'active' });
});

describe('the result on stdout', () => {
  test('The result is text with a line end on a terminal, and JSON elsewhere', async () => {
    expect((await program.run(LATEST, { isStdoutTerminal: true })).out).toBe(`${ID}\n`);
    expect((await program.run(LATEST)).json()).toMatchObject({ image_id: ID });
  });

  test('The option --format decides on a terminal and elsewhere', async () => {
    const onTerminal = await program.run(['--format', 'json', ...LATEST], { isStdoutTerminal: true });
    expect(onTerminal.json()).toMatchObject({ image_id: ID });
    expect((await program.run(['--format', 'text', ...LATEST])).out).toBe(ID);
  });

  test('A failure on a terminal is reported on stderr only', async () => {
    const ran = await program.run(['--os-cloud', 'missing', 'list'], { isStdoutTerminal: true });
    expect(ran.code).toBe(2);
    expect(ran.out).toBe('');
    expect(ran.err).toMatch(/cloud missing: /);
  });

  test('A result that stdout does not take is written to stderr', async () => {
    const { code, err } = await program.run(LATEST, { writeOut: refuse });
    expect(code).toBe(2);
    expect(err).toMatch(/^ERROR: the result cannot be written to stdout \(ENOSPC.*\); it is:\n\{/);
    expect(err).toContain(ID);
  });

  test('A result that stdout does not take is one JSON line of a JSON log', async () => {
    const { log } = await program.run(['--log-format', 'json', ...LATEST], { writeOut: refuse });
    expect(log().at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining(ID) });
  });

  test('Help that nobody reads is no failure', async () => {
    expect((await program.run(['--help'], { writeOut: refuse })).code).toBe(0);
  });

  test.each(['> /dev/full', '| true'])('The program writes its result to stderr with %s', async (end) => {
    const line = `(sleep 0.3; exec "$0" "$1" list --clouds nowhere) ${end}`;
    const child = spawn('sh', ['-c', line, process.execPath, PROGRAM], {
      cwd: program.folder,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'close');
    const err = await text(child.stderr);
    await ended;
    expect(err).toMatch(
      /the result cannot be written to stdout \((ENOSPC.*|the reader.*)\); it is:\n\{"clouds"/,
    );
  });
});
