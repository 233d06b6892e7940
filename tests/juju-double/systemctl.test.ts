import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { parseUnitFile } from '../support/juju/machine/unit-file.ts';
import { useMachine } from './shell-charm.ts';

const shell = useMachine();

const NAME = 'app-0-scheduler.service';

interface ProgramExit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function systemctl(...args: readonly string[]): Promise<ProgramExit> {
  return new Promise((resolve) => {
    execFile(join(shell.machine.root, 'usr/bin/systemctl'), args, { env: {} }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** Writes the program and the unit file of the service. */
async function install(script: string, settings: readonly string[] = []): Promise<void> {
  const program = join(shell.machine.root, 'var/lib/program');
  await writeFile(program, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  const lines = [
    '[Unit]',
    'Description=x',
    '[Service]',
    `ExecStart=${program} --unit "app/0" 100%%`,
    ...settings,
  ];
  const text = [...lines, '[Install]', 'WantedBy=multi-user.target', ''].join('\n');
  await writeFile(join(shell.machine.root, 'etc/systemd/system', NAME), text);
}

async function untilJournal(pattern: RegExp): Promise<string> {
  for (let tries = 0; tries < 250; tries += 1) {
    const text = await shell.machine.journal(NAME);
    if (pattern.test(text)) return text;
    await sleep(20);
  }
  throw new Error(`the journal does not match ${String(pattern)}: ${await shell.machine.journal(NAME)}`);
}

const FOREVER = 'while :; do sleep 0.1; done';

describe('systemctl', () => {
  test('A service is started with only the environment of its unit file', async () => {
    await install(`cat /proc/$$/environ | tr '\\0' '\\n'; pwd; umask; echo "args: $@"; ${FOREVER}`, [
      'Environment=ONE=1 "TWO=2 3"',
      'UMask=0077',
      'WorkingDirectory=/usr',
    ]);
    expect(await systemctl('start', NAME)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await untilJournal(/args/)).toBe(
      [
        ...['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'ONE=1', 'TWO=2 3'],
        ...['/usr', '0077', 'args: --unit app/0 100%', ''],
      ].join('\n'),
    );
    expect(await systemctl('is-active', NAME)).toMatchObject({ code: 0, stdout: 'active\n' });
    const [{ mainPid } = { mainPid: undefined }] = shell.machine.services();
    expect((await systemctl('show', '-p', 'MainPID', '--value', NAME)).stdout).toBe(`${mainPid ?? ''}\n`);
    expect(shell.machine.listProcesses().map(({ pid }) => pid)).toContain(mainPid);
  });

  test('Stopping a service with KillMode=process leaves its child processes running', async () => {
    await install(`setsid sleep 1000 & echo child $!; trap 'echo asked; exit 0' TERM; ${FOREVER}`, [
      'KillMode=process',
      'Restart=always',
    ]);
    await systemctl('start', NAME);
    await untilJournal(/child/);
    expect(await systemctl('stop', NAME)).toMatchObject({ code: 0 });
    expect(await systemctl('is-active', NAME)).toMatchObject({ code: 3, stdout: 'inactive\n' });
    expect(await shell.machine.journal(NAME)).toContain('asked');
    const remaining = shell.machine.listProcesses().map(({ command }) => command);
    expect(remaining).toEqual(['sleep 1000']);
  });

  test('A service that does not stop in time is killed', async () => {
    await install(`trap '' TERM; echo ready; ${FOREVER}`, ['KillMode=process', 'TimeoutStopSec=200ms']);
    await systemctl('start', NAME);
    await untilJournal(/ready/);
    expect(await systemctl('stop', NAME)).toMatchObject({ code: 0 });
    expect(await systemctl('is-active', NAME)).toMatchObject({ code: 3, stdout: 'failed\n' });
    await systemctl('reset-failed', NAME);
    expect((await systemctl('is-active', NAME)).stdout).toBe('inactive\n');
  });

  test('A service that exits is restarted up to its start limit', async () => {
    await install('echo life; exit 1', ['Restart=always', 'RestartSec=1', 'StartLimitBurst=3']);
    await systemctl('start', NAME);
    await untilJournal(/(life\n){3}/);
    for (let tries = 0; tries < 250 && shell.machine.services()[0]?.state !== 'failed'; tries += 1)
      await sleep(20);
    expect(shell.machine.services()).toEqual([
      { name: NAME, state: 'failed', mainPid: undefined, restarts: 3, isEnabled: false },
    ]);
    expect(await shell.machine.journal(NAME)).toBe('life\nlife\nlife\n');
  });

  test('A killed service is restarted', async () => {
    await install(`echo "life $$"; ${FOREVER}`, ['Restart=always', 'RestartSec=1']);
    await systemctl('start', NAME);
    await untilJournal(/life/);
    expect(await systemctl('kill', '--signal=KILL', '--kill-who=main', NAME)).toMatchObject({ code: 0 });
    await untilJournal(/life.*\nlife/);
    expect(shell.machine.services()).toMatchObject([{ state: 'active', restarts: 1 }]);
  });

  test('A restart uses the unit file as of the last daemon-reload', async () => {
    await install(`echo "$WORD"; ${FOREVER}`, ['Environment=WORD=one']);
    await systemctl('restart', NAME);
    await untilJournal(/one/);
    await install(`echo "$WORD"; ${FOREVER}`, ['Environment=WORD=two']);
    await systemctl('restart', NAME);
    await untilJournal(/one\none/);
    await systemctl('daemon-reload');
    await systemctl('restart', NAME);
    expect(await untilJournal(/two/)).toBe('one\none\ntwo\n');
  });

  test('Enabled services are started at boot', async () => {
    await install(`echo life; ${FOREVER}`);
    expect(await systemctl('is-enabled', NAME)).toMatchObject({ code: 1, stdout: 'disabled\n' });
    expect(await systemctl('enable', '--now', NAME)).toMatchObject({ code: 0 });
    expect(await systemctl('is-enabled', NAME)).toMatchObject({ code: 0, stdout: 'enabled\n' });
    await untilJournal(/life/);
    await shell.machine.reboot();
    await untilJournal(/life\nlife/);
    await systemctl('disable', '--now', NAME);
    await shell.machine.reboot();
    expect(shell.machine.services()).toEqual([]);
    expect(shell.machine.listProcesses()).toEqual([]);
  });

  test('A service without a unit file, or with a deleted one, is not found', async () => {
    expect(await systemctl('start', NAME)).toMatchObject({ code: 5 });
    expect(await systemctl('stop', NAME)).toMatchObject({ code: 5 });
    expect(await systemctl('enable', NAME)).toMatchObject({ code: 1 });
    expect(await systemctl('is-active', NAME)).toMatchObject({ code: 3, stdout: 'inactive\n' });
    expect(await systemctl('is-active', '--quiet', NAME)).toMatchObject({ code: 3, stdout: '' });
    await install(FOREVER);
    await systemctl('start', NAME);
    await systemctl('stop', NAME);
    await rm(join(shell.machine.root, 'etc/systemd/system', NAME));
    await systemctl('daemon-reload');
    expect(await systemctl('start', NAME)).toMatchObject({ code: 5 });
    expect(shell.machine.hostCalls.slice(0, 2)).toEqual([
      { program: 'systemctl', args: ['start', NAME], code: 5 },
      { program: 'systemctl', args: ['stop', NAME], code: 5 },
    ]);
  });
});

describe('a unit file', () => {
  const parse = (...settings: readonly string[]): unknown =>
    parseUnitFile(NAME, ['[Service]', ...settings].join('\n'));

  test.each([
    [['ExecStart=program'], 'not absolute'],
    [['ExecStart=/p', 'ExecStart=/q'], 'one ExecStart'],
    [['ExecStart=/p "x'], 'unbalanced'],
    [['ExecStart=/p $HOME'], '$HOME: not supported'],
    [['ExecStart=/p %H'], 'specifier %H'],
    [['ExecStart=/p', 'Type=forking'], 'Type=forking'],
    [['ExecStart=/p', 'User=nobody'], 'User: not supported'],
    [['ExecStart=/p', 'RestartSec=1 week'], 'time span'],
  ])('A unit file with %j is refused as invalid or unsupported', (settings, why) => {
    expect(() => parse(...settings)).toThrow(why);
  });

  test('Quotes and escapes in ExecStart are parsed', () => {
    expect(parse(String.raw`ExecStart=/p "a \"b\" $$c" 'd e' f\ g ""`)).toMatchObject({
      execStart: ['/p', 'a "b" $c', 'd e', 'f g', ''],
    });
  });
});
