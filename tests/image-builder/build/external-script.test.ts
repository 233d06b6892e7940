import { describe, expect, test } from '@jest/globals';
import { SCRIPT_RUN_COMMAND } from '../../../src/guest/external-script.ts';
import { runScript } from '../../../src/image-builder/build/guest/external-script.ts';
import { ExternalScriptError } from '../../../src/model/errors.ts';
import type { ProgressEvent } from '../../../src/model/job/progress.ts';
import { Secret } from '../../../src/model/secret.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { DEFAULT_TIMEOUTS } from '../../../src/model/job/timeouts.ts';
import { connectSsh } from '../../../src/system/ssh/ssh.ts';
import { type ExecHandler, startSshServer } from '../../support/ssh-server.ts';
import { failureOf } from '../../support/cloud-fixture.ts';

const TOKEN = 't0ken-MARKED';

/** Runs a script in a guest whose shell runs `handler` instead. Every other command succeeds. */
async function runAgainst(handler: ExecHandler, scriptTimeout = DEFAULT_TIMEOUTS.scriptTimeout) {
  const events: ProgressEvent[] = [];
  const succeed: ExecHandler = (channel) => {
    channel.resume().exit(0);
    channel.end();
  };
  const commands = new Proxy<Record<string, ExecHandler>>(
    {},
    { get: (_, command) => (command === SCRIPT_RUN_COMMAND ? handler : succeed) },
  );
  const server = await startSshServer({ commands });
  const session = await connectSsh(server.target, { timeoutMs: 10_000 });
  try {
    await runScript({ session }, '#!/bin/sh\n', {
      timeouts: { ...DEFAULT_TIMEOUTS, scriptTimeout },
      signal: new AbortController().signal,
      clock: new ManualClock(),
      scriptSecrets: new Map([['token', new Secret(TOKEN)]]),
      report: (event) => events.push(event),
    });
  } finally {
    session.close();
    await server.close();
  }
  return events;
}

const end =
  (...exit: readonly [number] | readonly [string]): ExecHandler =>
  (channel) => {
    channel.resume().stderr.write(`token ${TOKEN} refused\n`);
    if (typeof exit[0] === 'number') channel.exit(exit[0]);
    else channel.exit(exit[0], false, '');
    channel.end();
  };

describe('run of the external script', () => {
  test('The output is reported under the step of the script, line by line and redacted', async () => {
    const events = await runAgainst((channel) => {
      channel.resume().write('one\ntwo ');
      channel.stderr.write(`error ${TOKEN}\n`);
      channel.exit(0);
      channel.end();
    });
    const notes = events.map((event) => (event.kind === 'note' ? event.text : event.kind));
    expect(notes.join('\n')).toMatch(/^one\n/);
    expect(notes.join('\n')).toContain('error [secret]');
    expect(new Set(events.map(({ step }) => step))).toEqual(new Set(['run external script']));
  });

  test.each([
    ['an exit code', end(3), 'it exited with code 3'],
    [
      'an exit code of a shell whose child a signal ended',
      end(137),
      'it exited with code 137, which stands for SIGKILL',
    ],
    ['a signal', end('TERM'), 'it was ended by SIGTERM'],
    [
      'a lost connection',
      (channel, cut) => void channel.stderr.write(`token ${TOKEN} refused\n`, () => setTimeout(cut, 50)),
      'connection',
    ],
  ] satisfies [string, ExecHandler, string][])(
    'The error of a script that ended with %s says so and has its last lines, redacted',
    async (_, handler, reason) => {
      const error = await failureOf(runAgainst(handler));
      expect(error).toBeInstanceOf(ExternalScriptError);
      expect(error.message).toMatch(/^the external script failed: /);
      expect(error.message).toContain(reason);
      expect(error.message).toMatch(/\n {2}token \[secret\] refused$/);
    },
  );

  test('The error of a script that does not end names the option of the limit and has its last lines', async () => {
    const error = await failureOf(
      runAgainst((channel) => {
        channel.resume().write('waiting for a lock\n');
      }, 1),
    );
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(/--script-timeout[^\n]*\n {2}waiting for a lock$/);
  });

  test('The error of a script without output says that it printed nothing', async () => {
    const error = await failureOf(
      runAgainst((channel) => {
        channel.resume().exit(1);
        channel.end();
      }),
    );
    expect(error.message).toBe('the external script failed: it exited with code 1; it printed nothing');
  });
});
