import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../src/model/text/message-of.ts';
import { SshTimeoutError, SshUnreachableError } from '../../../src/system/ssh/ssh-errors.ts';
import { type SshSession, connectSsh } from '../../../src/system/ssh/ssh.ts';
import { type ExecHandler, type SshServer, startSshServer } from '../../support/ssh-server.ts';

const SIZE = 300 * 1024;

const COMMANDS: Readonly<Record<string, ExecHandler>> = {
  cat: (channel) => {
    channel.on('end', () => {
      channel.exit(0);
      channel.end();
    });
    channel.pipe(channel, { end: false });
  },
  'fail with 7': (channel) => {
    channel.write('some output');
    channel.stderr.write('what was wrong');
    channel.exit(7);
    channel.end();
  },
  'print much': (channel) => {
    channel.write(`first${'é'.repeat(SIZE)}last`);
    channel.stderr.write('e'.repeat(SIZE));
    channel.exit(0);
    channel.end();
  },
  'print half a character at a time': (channel) => {
    for (const byte of Buffer.from('é✓𝒳')) channel.write(Buffer.from([byte]));
    channel.exit(0);
    channel.end();
  },
  hang: (channel) => {
    channel.resume();
  },
  'leave a process behind': (channel) => {
    channel.write('started');
    channel.exit(0); // as sshd does; the channel stays open while the process has the output
  },
  'die of a signal': (channel) => {
    channel.exit('KILL', false, 'killed');
    channel.end();
  },
  'end without a status': (channel) => {
    channel.end();
  },
  'lose the connection': (_channel, cut) => {
    cut();
  },
  'succeed and lose the connection': (channel, cut) => {
    channel.exit(0);
    channel.write('half of the out');
    setTimeout(cut, 20);
  },
};

let server: SshServer;
let session: SshSession;

beforeEach(async () => {
  server = await startSshServer({ commands: COMMANDS });
  session = await connectSsh(server.target, { timeoutMs: 10_000 });
});

afterEach(async () => {
  session.close();
  await server.close();
});

const run = (command: string, more: object = {}): ReturnType<SshSession['run']> =>
  session.run({ command, timeoutMs: 10_000, ...more });

describe('a command over SSH', () => {
  test('a command returns its exit code and both outputs', async () => {
    const result = await run('fail with 7');
    expect(result).toEqual({ exitCode: 7, stdout: 'some output', stderr: 'what was wrong' });
  });

  test('a command reads its complete input and the end of it', async () => {
    const stdin = Buffer.alloc(1024 * 1024, '0123456789abcdef');
    const received: string[] = [];
    const result = await run('cat', { stdin, onOutput: (text: string) => received.push(text) });
    expect(result.exitCode).toBe(0);
    expect(received.join('') === stdin.toString()).toBe(true);
  });

  test('a command without input reads an empty one', async () => {
    await expect(run('cat')).resolves.toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('the last 256 KiB of each output are kept', async () => {
    const { stdout, stderr } = await run('print much');
    expect([stdout.length, stderr.length]).toEqual([256 * 1024, 256 * 1024]);
    expect(stdout.endsWith('élast')).toBe(true);
  });

  test('onOutput receives output as it arrives, in whole characters', async () => {
    const received: string[] = [];
    await run('print half a character at a time', { onOutput: (text: string) => received.push(text) });
    expect(received.join('')).toBe('é✓𝒳');
    expect(received.every((text) => !text.includes('\uFFFD'))).toBe(true);
  });

  test('a command that leaves a background process behind ends without it', async () => {
    expect(await run('leave a process behind')).toEqual({ exitCode: 0, stdout: 'started', stderr: '' });
  });

  test('an eleventh command at the same time is refused, and the session stays usable', async () => {
    const ended = await Promise.allSettled(
      Array.from({ length: 11 }, () => run('hang', { timeoutMs: 1000 })),
    );
    const messages = ended.map((end) => (end.status === 'rejected' ? messageOf(end.reason) : ''));
    expect(messages.filter((message) => message.includes('could not be started'))).toHaveLength(1);
    expect(await run('fail with 7')).toMatchObject({ exitCode: 7 });
  });

  test('a command that hangs fails at its timeout, and the session stays usable', async () => {
    const failure = run('hang', { timeoutMs: 100 });
    await expect(failure).rejects.toThrow(SshTimeoutError);
    await expect(failure).rejects.toThrow('within 0.1 s');
    await expect(run('cat', { stdin: 'still here' })).resolves.toMatchObject({ stdout: 'still here' });
  });

  test('an aborted signal fails a command with the reason of the signal', async () => {
    const reason = new Error('stopped by the operator');
    const controller = new AbortController();
    const failure = run('hang', { signal: controller.signal });
    setTimeout(() => {
      controller.abort(reason);
    }, 20);
    await expect(failure).rejects.toBe(reason);
    await expect(run('cat', { signal: controller.signal })).rejects.toBe(reason);
  });

  test('an error thrown by onOutput fails the command', async () => {
    const failureOfListener = new Error('an error of the listener');
    const onOutput = (): never => {
      throw failureOfListener;
    };
    await expect(run('cat', { stdin: 'x', onOutput })).rejects.toBe(failureOfListener);
    await expect(run('cat', { stdin: 'y' })).resolves.toMatchObject({ stdout: 'y' });
  });

  test.each(['lose the connection', 'succeed and lose the connection', 'end without a status', 'not known'])(
    'a command without an exit status fails as unreachable: %s',
    async (command) => {
      await expect(run(command)).rejects.toThrow(SshUnreachableError);
    },
  );

  test('The result of a command that a signal ended names the signal and has the exit code of a shell', async () => {
    await expect(run('die of a signal')).resolves.toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('a command fails when the server does not answer four keep-alives', async () => {
    const watchful = await connectSsh(server.target, { timeoutMs: 10_000, keepAliveMs: 50 });
    const failure = watchful.run({ command: 'hang', timeoutMs: 10_000 });
    server.freeze();
    await expect(failure).rejects.toThrow('the connection was lost');
    await expect(failure).rejects.toMatchObject({ cause: { message: 'Keepalive timeout' } });
    watchful.close();
  });

  test('several commands run at the same time over one connection', async () => {
    const texts = Array.from({ length: 10 }, (_, index) => `text ${index}`);
    const results = await Promise.all(texts.map((stdin) => run('cat', { stdin })));
    expect(results.map(({ stdout }) => stdout)).toEqual(texts);
  });
});

describe('an SSH session', () => {
  test('closing a session fails running and later commands and leaves no connection', async () => {
    const failure = run('hang');
    await pause(20);
    session.close();
    session.close();
    await expect(failure).rejects.toThrow(SshUnreachableError);
    await expect(run('cat')).rejects.toThrow(SshUnreachableError);
    await pause(20);
    expect(server.connections()).toBe(0);
  });
});
