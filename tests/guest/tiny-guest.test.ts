import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKS_COMMAND, findFailedChecks, renderChecks } from '../../src/guest/checks.ts';
import { CLEAN_UP_COMMAND, findTrimFailure, renderCleanUp } from '../../src/guest/clean-up.ts';
import {
  encodeScriptSecrets,
  SCRIPT_INSTALL_COMMAND,
  SCRIPT_REMOVE_COMMAND,
  SCRIPT_RUN_COMMAND,
} from '../../src/guest/external-script.ts';
import { INSTALL_COMMAND, findVersions, renderInstall } from '../../src/guest/install-part.ts';
import { listGuestParts } from '../../src/guest/parts.ts';
import { runnerPart } from '../../src/guest/parts/runner.ts';
import { renderUserData } from '../../src/guest/user-data.ts';
import { Secret } from '../../src/model/secret.ts';
import { smallGuestContent } from '../support/guest-content.ts';
import { run, type Outcome } from './support/shell.ts';
import { canRunTinyGuest, makeTinyGuest, runInTinyGuest } from './support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;
const SERVE = 'ip link set lo up; httpd -f -p 127.0.0.1:8080 -h /srv &';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tiny-guest-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const inGuest = (program: string, input?: string): Outcome => runInTinyGuest(root, program, input);

/** Creates a runner tarball in the folder of the guest's web server and returns its digest. */
function publishRunner(listener: string): string {
  const content = join(root, 'srv/content');
  mkdirSync(join(content, 'bin'), { recursive: true });
  writeFileSync(join(content, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(content, 'bin/Runner.Listener'), listener, { mode: 0o755 });
  run(['tar', '-czf', join(root, 'srv/runner.tar.gz'), '-C', content, '.']);
  return createHash('sha256')
    .update(readFileSync(join(root, 'srv/runner.tar.gz')))
    .digest('hex');
}

describeTiny('guest with nothing but busybox', () => {
  const url = 'http://127.0.0.1:8080/runner.tar.gz';
  let parts = listGuestParts(smallGuestContent({ version: '', url, sha256: '' }));

  beforeAll(() => {
    makeTinyGuest(root);
    const sha256 = publishRunner('#!/bin/sh\necho 2.330.0\n').toUpperCase();
    parts = listGuestParts(smallGuestContent({ version: '2.330.0', url, sha256 }));
  });

  test('The first boot works without systemd', () => {
    writeFileSync(join(root, 'user-data'), renderUserData('b-1'));
    expect(inGuest('sh /user-data')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(read('dev/console')).toContain('b-1 ready');
  });

  test('All parts are installed, and the runner reports its version', () => {
    const outcomes = parts.map((part) => {
      const program = part.name === 'runner' ? `${SERVE} ${INSTALL_COMMAND}` : INSTALL_COMMAND;
      return [part.name, inGuest(program, renderInstall(part))] as const;
    });
    for (const [name, outcome] of outcomes)
      expect([name, outcome]).toMatchObject([name, { code: 0, stderr: '' }]);
    const output = outcomes.map(([, { stdout }]) => stdout).join('');
    expect(findVersions(output)).toEqual([{ name: 'actions-runner', version: '2.330.0' }]);
  });

  test('Running the users part twice adds both users to each group once and sets PATH once', () => {
    const twice = parts.map(({ name, script }) => (name === 'users' ? script : '')).join('');
    expect(inGuest(`set -eu; ${twice}`).code).toBe(0);
    expect(read('etc/group')).toMatch(
      /^adm:x:4:ubuntu,runner\nsudo:x:27:ubuntu,runner\n[^]*^docker:x:\d+:ubuntu,runner\nmicrok8s:x:\d+:ubuntu,runner\nlxd:x:\d+:ubuntu,runner\n$/m,
    );
    expect(read('home/ubuntu/.profile').split('\n').filter(Boolean)).toHaveLength(1);
    expect(inGuest('. /home/ubuntu/.profile; . /home/ubuntu/.bashrc; echo "$PATH"').stdout).toMatch(
      /^\/home\/ubuntu\/\.local\/bin:(?!.*ubuntu)/,
    );
  });

  test('All checks pass after the installation', () => {
    const outcome = inGuest(`hostname github-runner; ${CHECKS_COMMAND}`, renderChecks(parts));
    expect(findFailedChecks(outcome.stdout, parts)).toEqual([]);
    expect(existsSync(join(root, 'home/ubuntu/actions-runner/actions-runner.tar.gz'))).toBe(false);
  });

  test('Each check fails after its part has been changed', () => {
    const damage = [
      'rm /etc/sysctl.d/*; chmod 755 /usr/local/bin; rm /home/ubuntu/.bashrc',
      'echo "echo 1.0.0" >/home/ubuntu/actions-runner/bin/Runner.Listener',
    ].join('\n');
    const repair = 'chmod 777 /usr/local/bin; cp /home/ubuntu/.profile /home/ubuntu/.bashrc';
    const outcome = inGuest(`${damage}\n${CHECKS_COMMAND}; ${repair}`, renderChecks(parts));
    expect(findFailedChecks(outcome.stdout, parts)).toEqual([
      expect.stringMatching(/^hostname: the hostname is '.*', in .* 'github-runner', not 'github-runner'$/),
      'users: /home/ubuntu/.bashrc does not put /home/ubuntu/.local/bin on PATH',
      "runner: the runner's version is '1.0.0', not '2.330.0'",
      'sysctl: /etc/sysctl.d/99-github-runner.conf does not say net.core.default_qdisc=fq',
      "local-bin: /usr/local/bin has the mode 'drwxr-xr-x', not 'drwxrwxrwx'",
    ]);
  });

  test("The operator's script runs as root from a tmpfs with its secrets, and is removed", () => {
    const secrets = encodeScriptSecrets(new Map([['token', new Secret("it's\n$secret")]]));
    const script = '#!/bin/sh\nprintf "%s|" "$token" "$TOKEN" "$HOME" "$(pwd)" "$(id -u)" "$(cat)"\nexit 5\n';
    writeFileSync(join(root, 'run/secrets'), secrets);
    writeFileSync(join(root, 'run/command'), `${SCRIPT_RUN_COMMAND} </run/secrets; echo "exit $?"\n`);
    const program = [
      `${SCRIPT_REMOVE_COMMAND} && ${SCRIPT_INSTALL_COMMAND}`,
      'ls -ld /run/github-runner-image-builder-script | cut -c 1-10',
      'sh /run/command',
      `${SCRIPT_REMOVE_COMMAND} && ${SCRIPT_REMOVE_COMMAND} && rm /run/* && ls /run`,
    ].join('\n');
    const outcome = inGuest(program, script);
    expect(outcome.stdout).toBe("drwx------\nit's\n$secret|it's\n$secret|/root|/root|0||exit 5\n");
    expect(outcome.code).toBe(0);
  });

  /** Makes the guest's fstrim, which would act on the disk of this machine, run another program. */
  const setFstrim = (program: string): void => {
    mkdirSync(join(root, 'usr/local/sbin'), { recursive: true });
    writeFileSync(join(root, 'usr/local/sbin/fstrim'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  };

  test('The clean-up removes all traces of the build and keeps the runner', () => {
    const paths = [
      'root/.ssh/authorized_keys',
      'home/ubuntu/.ssh/authorized_keys',
      'etc/ssh/ssh_host_ed25519_key',
      'root/.ash_history',
      'etc/dropbear/key',
      'tmp/.x',
      'var/log/a.gz',
    ];
    [...paths, 'var/log/messages', 'etc/machine-id'].forEach((path) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), 'trace');
    });
    setFstrim('echo "$*" >/srv/trimmed');
    const outcome = inGuest(CLEAN_UP_COMMAND, renderCleanUp(parts));
    expect(outcome).toEqual({ code: 0, stdout: 'clean-up done\n', stderr: '' });
    expect(read('srv/trimmed')).toBe('/\n');
    expect(paths.filter((path) => existsSync(join(root, path)))).toEqual([]);
    expect([read('var/log/messages'), read('etc/machine-id')]).toEqual(['', '']);
    expect(readdirSync(join(root, 'var/lib'))).toEqual(['systemd']);
    expect(readdirSync(join(root, 'var/lib/systemd/linger'))).toEqual(['ubuntu']);
    expect(existsSync(join(root, 'home/ubuntu/actions-runner/run.sh'))).toBe(true);
  });

  test('The clean-ups of the parts run in reverse order before the rest, and one that fails is an error', () => {
    const [proxy, apt] = ['proxy', 'apt'].map((name) => ({
      name,
      cleanUp: `ls /var/lib; echo ${name}; exit 0`,
    }));
    const good = inGuest(
      CLEAN_UP_COMMAND,
      renderCleanUp([proxy, { name: 'users' }, apt].flatMap((each) => each ?? [])),
    );
    expect(good).toMatchObject({ code: 0, stdout: 'systemd\napt\nsystemd\nproxy\nclean-up done\n' });
    writeFileSync(join(root, 'var/log/messages'), 'kept');
    const bad = { name: 'apt', cleanUp: 'ls /nowhere-at-all; echo on' };
    const failed = inGuest(CLEAN_UP_COMMAND, renderCleanUp([bad]));
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(
      /nowhere-at-all.*\nthe clean-up of the part apt failed with exit code 1\n$/,
    );
    expect(read('var/log/messages')).toBe('kept');
  });

  test('A disk that cannot be trimmed does not fail the clean-up, which reports the reason', () => {
    setFstrim('echo "fstrim: /: the discard operation is not supported" >&2; exit 1');
    const { code, stdout } = inGuest(CLEAN_UP_COMMAND, renderCleanUp(parts));
    expect([code, stdout.endsWith('\nclean-up done\n')]).toEqual([0, true]);
    expect(findTrimFailure(stdout)).toBe('fstrim: /: the discard operation is not supported');
    setFstrim('exit 0');
    expect(findTrimFailure(inGuest(CLEAN_UP_COMMAND, renderCleanUp(parts)).stdout)).toBeUndefined();
  });

  const SOURCE = '/usr/lib/python3/dist-packages/cloudinit/cmd/clean.py';
  const ALL = 'clean --logs --seed --machine-id';

  test.each([
    ['knows all options', '"--configs"', '', [`${ALL} --configs all`]],
    ['has its source elsewhere', undefined, '', [`${ALL} --configs all`]],
    ['is older, and has its source elsewhere', undefined, '--configs', [`${ALL} --configs all`, ALL]],
    ['is older', '"--machine-id"', '--configs', [ALL]],
    ['is much older', '"--seed"', '--configs --machine-id', [ALL, 'clean --logs --seed']],
  ])('A cloud-init that %s is started as few times as possible', (_what, source, unknown, calls) => {
    const stub = `echo "$*" >>/srv/calls; for one in ${unknown}; do case "$*" in *$one*) exit 2 ;; esac; done`;
    writeFileSync(join(root, 'usr/local/sbin/cloud-init'), `#!/bin/sh\n${stub}\n`, { mode: 0o755 });
    mkdirSync(dirname(join(root, SOURCE)), { recursive: true });
    if (source !== undefined) writeFileSync(join(root, SOURCE), `    ${source},\n`);
    expect(inGuest(CLEAN_UP_COMMAND, renderCleanUp([])).code).toBe(0);
    expect(read('srv/calls').trimEnd().split('\n')).toEqual(calls);
    for (const path of ['srv/calls', 'usr/local/sbin/cloud-init', SOURCE])
      rmSync(join(root, path), { force: true });
  });

  test('A second clean-up succeeds', () => {
    expect(inGuest(CLEAN_UP_COMMAND, renderCleanUp(parts)).code).toBe(0);
  });

  test('A runner tarball with the wrong SHA-256 is not installed', () => {
    const runner = runnerPart({ version: '1', url, sha256: 'a'.repeat(64) });
    const outcome = inGuest(`${SERVE} ${INSTALL_COMMAND}`, renderInstall(runner));
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('is not the release: its SHA-256 is ');
  });
});
