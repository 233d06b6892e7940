import { describe, expect, test } from '@jest/globals';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { INSTALL_COMMAND } from '../../../src/guest/install-part.ts';
import { installParts } from '../../../src/image-builder/build/guest/install-parts.ts';
import type { Context } from '../../../src/image-builder/context.ts';
import { CancelledError, CloudInitFailError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { SshTimeoutError, SshUnreachableError } from '../../../src/system/ssh/ssh-errors.ts';
import type { SshCommand, SshResult } from '../../../src/system/ssh/ssh.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';
import { useEmulator } from '../use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);
const PASSWORD = 'proxy-MARKED-password';

const part = (name: string, more: Partial<GuestPart> = {}): GuestPart => ({
  ...{ name, script: `install ${name}`, check: '' },
  ...more,
});

type Answer = Partial<SshResult> | Error;

/** Installs parts in a guest that answers with `answers`, by the name of the part. */
async function install(
  parts: readonly GuestPart[],
  answers: Readonly<Record<string, Answer | ((command: SshCommand) => Promise<SshResult>)>>,
  change: Partial<Context> = {},
) {
  const seen: SshCommand[] = [];
  const run = (command: SshCommand): Promise<SshResult> => {
    seen.push(command);
    const name = /^# installs the part (\S+)/.exec(String(command.stdin))?.[1] ?? '';
    const answer = answers[name] ?? {};
    if (typeof answer === 'function') return answer(command);
    if (answer instanceof Error) return Promise.reject(answer);
    command.onOutput?.(answer.stdout ?? '');
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...answer });
  };
  const made = makeTools(change);
  const error = await failureOf(
    installParts({ session: { run, close: () => undefined }, parts }, made.tools),
  ).catch(
    () => undefined, // it did not fail
  );
  return { ...made, seen, error };
}

describe('the installation of the parts', () => {
  test('Each part is recorded with its seconds and versions, and its output is shown under its name', async () => {
    const { events, facts, error } = await install([part('apt'), part('yq', { after: ['apt'] })], {
      apt: { stdout: 'reading\nversion jq 1.7\n' },
      yq: (command) => {
        at.clock.advance(2500);
        command.onOutput?.('fetched');
        return Promise.resolve({ exitCode: 0, stdout: 'fetched', stderr: '' });
      },
    });
    expect(error).toBeUndefined();
    expect(facts().parts).toEqual([
      { name: 'apt', seconds: 0, versions: [{ name: 'jq', version: '1.7' }] },
      { name: 'yq', seconds: 2.5 },
    ]);
    expect(events).toEqual(
      ['apt: reading', 'apt: version jq 1.7', 'yq: fetched'].map((text) => ({
        ...{ kind: 'note', step: 'install parts' },
        text,
      })),
    );
  });

  test('Script and environment are in stdin only, and a secret is in neither the output nor the record', async () => {
    const environment = { PROXY_PASSWORD: new Secret(PASSWORD) };
    const { seen, events, facts } = await install([part('proxy', { environment })], {
      proxy: { stdout: `using ${PASSWORD}\nversion proxy ${PASSWORD}\n` },
    });
    expect(seen.map(({ command }) => command)).toEqual([INSTALL_COMMAND]);
    expect(seen[0]?.stdin).toContain(`export PROXY_PASSWORD='${PASSWORD}'`);
    expect(JSON.stringify([events, facts()])).not.toContain(PASSWORD);
    expect(events).toHaveLength(2);
  });

  test('The deadline of a later part is what the earlier ones left of --parts-timeout', async () => {
    const { seen } = await install([part('a'), part('b', { after: ['a'] })], {
      a: () => {
        at.clock.advance(600_000);
        return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
      },
    });
    expect(seen.map(({ timeoutMs }) => timeoutMs)).toEqual([3_600_000, 3_000_000]);
  });
});

describe('a part that cannot be installed', () => {
  test('The error names the part, its exit code and its last 20 lines without secrets', async () => {
    const environment = { TOKEN: new Secret(PASSWORD) };
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
    const { error, facts } = await install([part('users'), part('apt', { environment, after: ['users'] })], {
      apt: { exitCode: 100, stdout: `${lines.join('\n')}\nE: no route to ${PASSWORD}\n` },
    });
    expect(error).toBeInstanceOf(CloudInitFailError);
    expect(error).toMatchObject({ kind: 'build' });
    const text = error?.message.split('\n') ?? [];
    expect(text[0]).toBe('the part apt could not be installed in the guest: it exited with code 100');
    expect(text).toHaveLength(21);
    expect(text.slice(1, 2)).toEqual(['  line 12']);
    expect(text.at(-1)).toMatch(/^ {2}E: no route to (?!.*MARKED)/);
    expect(facts().parts).toEqual([{ name: 'users', seconds: 0 }]);
  });

  test.each<[string, Answer, string, string]>([
    [
      'was ended by a signal',
      { exitCode: 137, signal: 'SIGKILL' },
      'build',
      'apt could .*: it was ended by SIGKILL',
    ],
    [
      'has a child that was killed',
      { exitCode: 137 },
      'build',
      'code 137, which stands for SIGKILL; it printed nothing',
    ],
    [
      'does not end',
      new SshTimeoutError('too slow'),
      'unavailable',
      'too slow; --parts-timeout sets the limit',
    ],
    [
      'loses its connection',
      new SshUnreachableError('lost'),
      'unavailable',
      'the part apt could not .*: lost',
    ],
  ])('The error says that the part %s', async (_, answer, kind, message) => {
    const { error } = await install([part('apt')], { apt: answer });
    expect(error).toMatchObject({ kind });
    expect(error?.message).toMatch(new RegExp(message));
  });

  test('A failure cancels the parts that still run', async () => {
    const hang = ({ signal }: SshCommand) =>
      new Promise<SshResult>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    const { error } = await install([part('docker'), part('apt')], { docker: hang, apt: { exitCode: 1 } });
    expect(error?.message).toMatch('the part apt could not be installed');
  });

  test('A cancelled build is reported as cancelled and not as a failed part', async () => {
    const stop = new AbortController();
    const { error } = await install(
      [part('apt')],
      {
        apt: ({ signal }) => {
          stop.abort(new CancelledError('stopped by hand'));
          return Promise.reject(signal?.reason as Error);
        },
      },
      { signal: stop.signal },
    );
    expect(error).toMatchObject({ kind: 'cancelled', message: 'stopped by hand' });
  });
});
