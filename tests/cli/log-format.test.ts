import { beforeEach, describe, expect, test } from '@jest/globals';
import { findLogFormat, renderFailure, renderNotice } from '../../src/cli/stderr.ts';
import { InputError } from '../../src/model/errors.ts';
import { lastStepOf } from '../../src/model/job/progress-lines.ts';
import { renderEntry } from '../image-builder/connect-entry.ts';
import { useEmulator } from '../image-builder/use-emulator.ts';
import { useProgram } from './run-program.ts';

const at = useEmulator();
const program = useProgram(at);
const JSON_LOG = ['--log-format', 'json'];
const NOVA = 'GET /compute/v2.1/servers/detail';

beforeEach(() => program.writeClouds({ c1: renderEntry(at.emulator, 'builder') }));

describe('--log-format json', () => {
  test('The JSON log has one line for each event of a step', async () => {
    const { code, log } = await program.run(['sweep', ...JSON_LOG]);
    expect(code).toBe(0);
    expect(log()).toEqual([
      {
        time: expect.stringMatching(/^2026-.*Z$/),
        level: 'info',
        message: 'step started',
        fields: { step: 'sweep leftovers' },
      },
      {
        time: expect.stringMatching(/^2026-.*Z$/),
        level: 'info',
        message: 'step finished',
        fields: { step: 'sweep leftovers', seconds: expect.any(Number) },
      },
    ]);
  });

  test('The JSON log reports a failure with its kind and step', async () => {
    at.disturb(NOVA, { status: 403, body: { forbidden: { message: 'no\nrole' } } });
    const { code, err, log } = await program.run(['sweep', ...JSON_LOG]);
    expect(code).toBe(3);
    expect(log()).toMatchObject([
      { message: 'step started' },
      { message: 'step failed', fields: { reason: expect.stringMatching('no\nrole') } },
      { level: 'error', message: expect.stringMatching(/^sweep leftovers: /), fields: { kind: 'denied' } },
    ]);
    expect(lastStepOf(err)).toBe('sweep leftovers');
  });

  test('The debug log is JSON as well when requested', async () => {
    const { log } = await program.run(['latest-build-id', 'n', ...JSON_LOG, '--log-level', 'debug']);
    expect(log()[0]).toMatchObject({ level: 'debug', message: 'cloud answered' });
  });

  test.each([
    [['run', 'n', '-k', '0'], /--keep-revisions: expected a whole number/],
    [['run', '--nope'], /unknown option '--nope'/],
    [['rnu'], /unknown command 'rnu'/],
  ])('The JSON log reports the usage error of %p', async (argv, message) => {
    for (const option of [JSON_LOG, ['--log-format=json']]) {
      const { code, log } = await program.run([...option, ...argv]);
      expect(code).toBe(2);
      expect(log()[0]).toMatchObject({ level: 'error', message: expect.stringMatching(message) });
    }
  });

  test('The warning of a cloud is one line of the JSON log', async () => {
    const { log } = await program.run(['list', '--clouds', 'x', ...JSON_LOG]);
    expect(log()).toMatchObject([{ level: 'warning', message: expect.stringMatching(/^cloud x: /) }]);
  });

  test('An unknown log format is refused', async () => {
    const { code, err } = await program.run(['list', '--log-format', 'xml']);
    expect(code).toBe(2);
    expect(err).toBe('ERROR: --log-format: expected json or text, got xml\n');
  });
});

describe('the format of the log', () => {
  test.each([
    [['run', 'n'], 'text'],
    [['--log-format', 'json', 'run'], 'json'],
    [['run', '--log-format=json'], 'json'],
    [['--log-format', 'json', '--log-format', 'text'], 'text'],
    [['--log-format'], 'text'],
  ])('The arguments %p request the log format %s', (argv, format) => {
    expect(findLogFormat(argv)).toBe(format);
  });

  test('A notice is rendered in the log format', () => {
    const text = 'SIGTERM: still undoing what was made\n';
    expect(renderNotice(text, 'text', at.clock)).toBe(text);
    expect(JSON.parse(renderNotice(text, 'json', at.clock))).toMatchObject({ message: text.trim() });
  });

  test('A bug is rendered with its stack, an expected failure without one', () => {
    const bug = new TypeError('x');
    expect(renderFailure(bug, 'text', at.clock)).toMatch(/^ERROR: this is a bug, [^]*\n.*at /);
    const entry = JSON.parse(renderFailure(bug, 'json', at.clock)) as { fields: object };
    expect(entry).toMatchObject({ message: 'this is a bug, please report it: x' });
    expect(entry.fields).toEqual({ kind: 'bug', stack: bug.stack });
    const expected = JSON.parse(renderFailure(new InputError(['x']), 'json', at.clock)) as object;
    expect(expected).toMatchObject({ message: 'x', fields: { kind: 'input' } });
    expect(JSON.stringify(expected)).not.toMatch('stack');
  });
});
