import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GuestPart } from '../../../src/guest/guest-part.ts';
import { type JujuOptions, jujuPart } from '../../../src/guest/parts/juju.ts';
import { microk8sPart } from '../../../src/guest/parts/microk8s.ts';
import { usersPart } from '../../../src/guest/parts/users.ts';
import {
  commandsOf,
  findUnnamed,
  injectFailures,
  installOf,
  makePartGuest,
  runFirstBoot,
  runInPartGuest,
  shellOf,
} from '../support/part-guest.ts';
import { canRunTinyGuest } from '../support/tiny-guest.ts';

const describeTiny = canRunTinyGuest() ? describe : describe.skip;

function required(part: GuestPart | undefined): GuestPart {
  if (part === undefined) throw new Error('expected a part for a channel');
  return part;
}

type Bootstrap = JujuOptions['bootstrap'];
const partOf = (change: Partial<JujuOptions> = {}): GuestPart =>
  required(
    jujuPart({
      channel: '3.6/stable',
      hasMicrok8s: false,
      bootstrap: 'boot',
      snapProxy: undefined,
      ...change,
    }),
  );
const microk8sOf = (bootstrap: Bootstrap): GuestPart =>
  required(
    microk8sPart({ channel: '1.29-strict/stable', bootstrap, dockerhubCache: '', snapProxy: undefined }),
  );

const PART = partOf();
const USERS = `${installOf(usersPart)} >/tmp/users`;
const FIND_KEYS = `grep -rlsE 'PRIVATE KEY' /var /root /home /etc || echo 'no key'`;

let root = '';
beforeAll(() => {
  root = makePartGuest();
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const inGuest = (program: string) => runInPartGuest(root, `${USERS}; ${program}`);
const commandsLike = (pattern: RegExp) => commandsOf(root).filter((line) => pattern.test(line));

describeTiny('Juju with the bootstrap at boot', () => {
  test('The snaps of Juju and LXD are in the image, and no controller and no key are', () => {
    const { stdout } = inGuest(
      `${installOf(PART)} && ${installOf(PART)} && ${shellOf(PART.check)} && ${shellOf(PART.cleanUp)} && echo on; ${FIND_KEYS}`,
    );
    expect(stdout).toMatch(/version juju 1.2.3\nversion lxd 1.2.3\non\nno key\n$/);
    expect(commandsLike(/^(snap (install|stop)|juju|lxd)/)).toEqual([
      'snap install lxd --channel=5.21/stable',
      'snap install juju --channel=3.6/stable',
    ]);
  });

  test('The first boot initializes LXD and bootstraps the controller localhost, as the user ubuntu', () => {
    const boot = `${runFirstBoot()}; cat /root/.local/share/juju/controllers/localhost.yaml`;
    const program = `${installOf(PART)} >/tmp/out; : >/tmp/commands; ${boot}; ${shellOf(PART.check)} && echo on`;
    const [one, other] = [inGuest(program).stdout, inGuest(program).stdout];
    expect(one).toMatch(/^first boot: 20-juju\n[^]*-----BEGIN PRIVATE KEY-----\nstand-in-key-\S{36}\non\n$/);
    expect(one).not.toBe(other);
    expect(commandsLike(/^(lxd|juju bootstrap)/)).toEqual([
      'lxd waitready --timeout=120',
      'lxd init --auto',
      'juju bootstrap localhost localhost',
    ]);
    expect(commandsLike(/^sudo -n -u ubuntu -H env .*XDG_RUNTIME_DIR=.* juju bootstrap/)).toHaveLength(1);
  });

  test('With MicroK8s inside, its controller is bootstrapped after MicroK8s was made', () => {
    const [microk8s, juju] = [microk8sOf('boot'), partOf({ hasMicrok8s: true })];
    const program = `${installOf(microk8s)} >/tmp/out; ${installOf(juju)} >/tmp/out; : >/tmp/commands; ${runFirstBoot()} >/tmp/out
      ${shellOf(microk8s.check)} && ${shellOf(juju.check)} && echo on`;
    expect(inGuest(program).stdout).toBe('on\n');
    expect(commandsLike(/^(snap install|juju bootstrap)/)).toEqual([
      'snap install /var/lib/github-runner-first-boot/files/microk8s.snap',
      'juju bootstrap localhost localhost',
      'juju bootstrap microk8s microk8s',
    ]);
  });

  test('A first boot that was interrupted is repeated without another controller of the same name', () => {
    const failed = `${installOf(PART)} >/tmp/out; ${runFirstBoot()} >/tmp/out; rm /var/lib/github-runner-first-boot/done`;
    expect(inGuest(`${failed}; ${runFirstBoot()} && ${shellOf(PART.check)} && echo on`).stdout).toMatch(
      /on\n$/,
    );
    expect(commandsLike(/^juju bootstrap/)).toHaveLength(1);
  });

  test('The clean-up removes the controllers that the script of the operator bootstrapped, and the key of LXD', () => {
    const program = `${installOf(PART)} >/tmp/out; ${runFirstBoot()} >/tmp/out; ${shellOf(PART.cleanUp)}; ${FIND_KEYS}`;
    expect(inGuest(program).stdout).toBe('no key\n');
    expect(commandsLike(/^snap stop/)).toEqual(['snap stop lxd']);
  });
});

describeTiny('Juju with the bootstrap in the build', () => {
  const [MICROK8S, BUILD] = [microk8sOf('build'), partOf({ bootstrap: 'build', hasMicrok8s: true })];

  test('The image has both controllers, and no first boot', () => {
    const { stdout } = inGuest(
      `${installOf(MICROK8S)} >/tmp/out; ${installOf(BUILD)} >/tmp/out; ${shellOf(BUILD.cleanUp)}
      ${shellOf(BUILD.check)} && ls /root/.local/share/juju/controllers /var/lib/github-runner-first-boot 2>/dev/null`,
    );
    expect(stdout).toBe('/root/.local/share/juju/controllers:\nlocalhost.yaml\nmicrok8s.yaml\n');
  });

  test('The check names a controller that is missing', () => {
    const program = `${installOf(MICROK8S)} >/tmp/out; ${installOf(BUILD)} >/tmp/out
      rm /root/.local/share/juju/controllers/microk8s.yaml; ${shellOf(BUILD.check)}`;
    expect(inGuest(program).stdout).toBe('Juju has no controller microk8s\n');
  });
});

describeTiny('the channels of Juju', () => {
  test.each([
    ['2.9/stable', ' --classic'],
    ['3.6/stable', ''],
    ['4.0/edge/fix-1', ''],
    ['latest/candidate', ''],
  ])('The channel %s is installed with the flag "%s"', (channel, flag) => {
    const part = partOf({ channel });
    expect(inGuest(`${installOf(part)} >/tmp/out && ${shellOf(part.check)} && echo on`).stdout).toBe('on\n');
    expect(commandsLike(/^snap install juju/)).toEqual([`snap install juju --channel=${channel}${flag}`]);
  });

  test('A channel that the store does not have for this base fails at once and names the option', () => {
    const missing = "mkdir -p /var/lib/snap-stand-in; echo 'juju 3.6/stable' >/var/lib/snap-stand-in/missing";
    const { stdout } = inGuest(`${missing}; ${installOf(partOf({ channel: '3.6/stable' }))}`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'snap install failed: this system cannot have juju from the channel 3.6/stable; correct the option juju-channels',
    );
    expect(commandsLike(/^snap install juju/)).toHaveLength(1);
  });

  test('A base image without snapd fails and names the option', () => {
    const { stdout } = inGuest(`mv /wrap/snap /snap.away; ${installOf(PART)}; mv /snap.away /wrap/snap`);
    expect(stdout).toBe('there is no command snap in this image; correct the option juju-channels\n');
  });
});

describeTiny('failures of commands', () => {
  // An installation is repeated, a controller that is not found is bootstrapped, and what cannot be shown is not there.
  const TOLERATED = /^(snap (install|list)|juju show-controller|sudo .* juju show-controller|sudo -n) /;

  test.each<[Bootstrap, GuestPart]>([
    ['boot', PART],
    ['build', partOf({ bootstrap: 'build' })],
  ])('Every command that fails ends the script of the bootstrap at %s and is named', (_, part) => {
    const injections = injectFailures(root, USERS, installOf(part), shellOf(part.check));
    expect(injections.filter(({ hasFailed }) => hasFailed).length).toBeGreaterThanOrEqual(5);
    expect(findUnnamed(injections.filter(isOwn), TOLERATED)).toEqual([]);
  });

  test('Every command that fails ends the first boot and is named', () => {
    const before = `${USERS}; ${installOf(PART)} >/tmp/out`;
    const injections = injectFailures(root, before, runFirstBoot(), shellOf(PART.check));
    expect(injections.filter(({ hasFailed }) => hasFailed).length).toBeGreaterThanOrEqual(4);
    expect(findUnnamed(injections.filter(isOwn), TOLERATED)).toEqual([]);
  });
});

/** Reports whether a failure is named by its own command. That of sudo is named by the command that it runs. */
function isOwn({ command }: { readonly command: string }): boolean {
  return !command.startsWith('sudo ');
}
