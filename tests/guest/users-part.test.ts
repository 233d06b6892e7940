import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { usersPart } from '../../src/guest/parts/users.ts';
import { quoteForShell } from '../../src/model/text/quote-for-shell.ts';
import { type Outcome } from './support/shell.ts';
import { canRunTinyGuest, makeTinyGuest, runInTinyGuest } from './support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;
const COMMANDS = ['addgroup', 'adduser', 'awk', 'cat', 'chown', 'grep', 'id', 'ln', 'mkdir', 'rm'];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'users-part-'));
  makeTinyGuest(root);
  writeFileSync(join(root, 'script'), usersPart.script);
  writeFileSync(join(root, 'check'), usersPart.check);
  writeFileSync(
    join(root, 'failing-script'),
    `${[TICK, ...COMMANDS.map(wrap)].join('\n')}\n${usersPart.script}`,
  );
  inGuest('mkdir /pristine && cp -a /etc /home /pristine');
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Counts the commands of a script, and fails at the one with the number $FAIL. */
const TICK = `tick() {
  count=$(($(command cat /tmp/count) + 1))
  echo "$count" >/tmp/count
  [ "$count" -ne "$FAIL" ]
}`;
const wrap = (command: string): string => `${command}() { tick || return 1; command ${command} "$@"; }`;

const RESET = 'rm -rf /etc /home /var/lib/systemd; cp -a /pristine/etc /pristine/home /; echo 0 >/tmp/count';
const inGuest = (program: string): Outcome => runInTinyGuest(root, program);
const checkAfter = (damage: string): string =>
  inGuest(`${RESET}; sh -eu /script >/dev/null 2>&1 && { ${damage}; } && sh -eu /check`).stdout;

describeTiny('users part', () => {
  test('The user runner has the ids, home and groups of the user ubuntu, whose folders it sees in /home/runner', () => {
    const outcome = inGuest(
      `${RESET}; sh -eu /script >/dev/null 2>&1 && sh -eu /check && mkdir /home/ubuntu/actions-runner &&
        ls -d /home/runner/actions-runner/ /etc/docker/ /var/lib/systemd/linger/ubuntu`,
    );
    expect(outcome.stdout.split('\n').slice(0, 3)).toEqual([
      '/etc/docker/',
      '/home/runner/actions-runner/',
      '/var/lib/systemd/linger/ubuntu',
    ]);
    const [runner, ubuntu] = ['runner', 'ubuntu'].map((name) =>
      readFileSync(join(root, 'etc/passwd'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith(`${name}:`)),
    );
    expect(runner).toHaveLength(1);
    expect(runner?.[0]?.split(':').slice(2, 4)).toEqual(ubuntu?.[0]?.split(':').slice(2, 4));
  });

  test('A second run changes nothing', () => {
    const list =
      'cat /etc/passwd /etc/shadow /etc/group /home/ubuntu/.profile; find /home /var/lib/systemd /etc';
    const outcome = inGuest(
      `${RESET}; sh -eu /script >/dev/null 2>&1 && { ${list}; } >/tmp/once && sh -eu /script >/dev/null 2>&1 &&
        { ${list}; } | cmp - /tmp/once && echo same`,
    );
    expect(outcome.stdout).toBe('same\n');
  });

  test('When any command fails, the script fails or its result is complete, and a second run completes it', () => {
    const attempt = `${RESET}
      if FAIL=$n sh -eu /failing-script >/dev/null 2>&1; then
        sh -eu /check >/tmp/why || echo "command $n: exit code 0, but $(cat /tmp/why)"
      else
        failed=$((failed + 1))
      fi
      if [ "$(cat /tmp/count)" -lt "$n" ]; then break; fi
      sh -eu /script >/dev/null 2>&1 && sh -eu /check || echo "command $n: a second run does not help"`;
    const { stdout } = inGuest(
      `failed=0; n=0; while [ "$n" -lt 500 ]; do n=$((n + 1)); ${attempt}; done; echo "$n commands, $failed failures"`,
    );
    expect(stdout).toMatch(/^\d+ commands, \d+ failures\n$/);
    const [commands = 0, failures = 0] = [...stdout.matchAll(/\d+/g)].map(([number]) => Number(number));
    expect(commands).toBeGreaterThan(30);
    expect(failures).toBeGreaterThan(20);
  });

  test.each([
    ['sed -i /^runner:/d /etc/passwd', 'there is no user runner'],
    ['sed -i s/^docker:.*/docker:x:1:ubuntu/ /etc/group', 'the user runner is not in the group docker'],
    ['sed -i s/,runner// /etc/group', 'the user runner is not in the group docker'],
    [
      'sed -i s,^runner:.*,runner:x:7:0::/home/ubuntu:/bin/sh, /etc/passwd',
      'the user runner has uid 7, gid 0, home /home/ubuntu, not uid 0, gid 0, home /home/ubuntu',
    ],
    ['rm /home/runner', '/home/runner is not a link to /home/ubuntu'],
    ['rm /home/runner; mkdir /home/runner', '/home/runner is not a link to /home/ubuntu'],
    [
      'rm /var/lib/systemd/linger/ubuntu',
      'the user ubuntu does not linger: there is no /var/lib/systemd/linger/ubuntu',
    ],
    ['rmdir /etc/docker', 'there is no folder /etc/docker'],
  ])('The check names the damage of: %s', (damage, problem) => {
    expect(checkAfter(damage)).toBe(`${problem}\n`);
  });

  test('A folder /home/runner of the base image is kept, and the check says that it is in the way', () => {
    const before = 'mkdir -p /home/runner/data';
    const outcome = inGuest(
      `${RESET}; ${before}; sh -eu /script >/dev/null 2>&1; sh -eu /check; ls /home/runner`,
    );
    expect(outcome.stdout).toBe(`/home/runner is not a link to /home/ubuntu\ndata\n`);
  });

  test('The script is one word for the shell of the user data', () => {
    expect(
      inGuest(
        `${RESET}; sh -eu -c ${quoteForShell(usersPart.script)} >/dev/null 2>&1 && sh -eu /check && echo on`,
      ).stdout,
    ).toBe('on\n');
  });
});
