import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderServiceUnit } from '../../../src/builder/host/service-unit.ts';
import { describeWith } from '../../support/debian/find-program.ts';

const command = {
  program: '/var/lib/app-0/programs/current',
  node: '/usr/bin/node',
  scheduler: '/var/lib/app-0/programs/current/dist/bin/scheduler.js',
  unitName: 'app/0',
  root: '/',
};

/** Every line is a promise that the daemon, its jobs and juju-exec keep. */
const HARDENING = [
  'NoNewPrivileges=yes',
  'ProtectSystem=full',
  'ProtectHome=read-only',
  'PrivateTmp=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'LockPersonality=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
];

const lineOf = (text: string, key: string) => text.split('\n').find((line) => line.startsWith(`${key}=`));

describe('the unit file of the daemon', () => {
  test('The unit file runs the daemon from the program in use, restarts it always and does not stop its builds', () => {
    expect(renderServiceUnit(command)).toBe(
      [
        '[Unit]',
        'Description=Keeps the GitHub runner images of app/0 fresh',
        'Wants=network-online.target',
        'After=network-online.target',
        'StartLimitIntervalSec=0',
        '',
        '[Service]',
        'Type=simple',
        'ExecStart=/usr/bin/node /var/lib/app-0/programs/current/dist/bin/scheduler.js --unit app/0',
        'WorkingDirectory=/var/lib/app-0/programs/current',
        'Restart=always',
        'RestartSec=5',
        'KillMode=process',
        'TimeoutStopSec=10',
        'UMask=0077',
        ...HARDENING,
        '',
        '[Install]',
        'WantedBy=multi-user.target',
        '',
      ].join('\n'),
    );
  });

  test('The unit file passes a root other than /', () => {
    const text = renderServiceUnit({ ...command, root: '/tmp/host' });
    expect(lineOf(text, 'ExecStart')).toMatch(/ --unit app\/0 --root \/tmp\/host$/);
  });

  test.each([
    ['a space', '/a b', '"/a b"'],
    ['a per cent sign', '/a%n', '/a%%n'],
    ['a dollar sign', '/a$HOME', '"/a$$HOME"'],
    ['quotes and backslashes', '/a"\\', '"/a\\"\\\\"'],
    ['a semicolon', ';', '";"'],
  ])('The unit file quotes %s as systemd requires', (_what, root, quoted) => {
    const text = renderServiceUnit({ ...command, root });
    expect(lineOf(text, 'ExecStart')?.split(' --root ')[1]).toBe(quoted);
  });

  test('The unit file does not escape a dollar sign in the path of Node, because systemd does not expand it', () => {
    const text = renderServiceUnit({ ...command, node: '/a$b/node' });
    expect(lineOf(text, 'ExecStart')).toMatch(/^ExecStart="\/a\$b\/node" /);
  });
});

/** Less is better: 0 is a service that may do nothing, 10 one without limits. The service was at 9.6 without any. */
const HIGHEST_EXPOSURE = 65; // tenths

describeWith('systemd-analyze', 'the unit file of the daemon under systemd-analyze', (program) => {
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-'));
    file = join(folder, 'app-0-scheduler.service');
    await writeFile(file, renderServiceUnit({ ...command, program: folder, node: process.execPath }));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const analyze = (...args: readonly string[]) =>
    spawnSync(program, [...args, file], { encoding: 'utf8', timeout: 60_000 });

  test('The unit file has no mistake', () => {
    const { status, stdout, stderr } = analyze('verify', '--man=no', '--recursive-errors=no');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('The service is less exposed than a service without limits', () => {
    const threshold = `--threshold=${HIGHEST_EXPOSURE}`;
    const { status, stdout } = analyze('security', '--offline=true', '--no-pager', threshold);
    expect({ status, summary: stdout.trim().split('\n').at(-1) }).toMatchObject({ status: 0 });
  });
});
