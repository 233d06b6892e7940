import { describe, expect, test } from '@jest/globals';
import { renderServiceUnit } from '../../../src/builder/host/service-unit.ts';

const command = {
  program: '/var/lib/app-0/programs/current',
  node: '/usr/bin/node',
  scheduler: '/var/lib/app-0/programs/current/dist/bin/scheduler.js',
  unitName: 'app/0',
  root: '/',
};

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
