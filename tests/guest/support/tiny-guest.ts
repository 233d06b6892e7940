import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run, type Outcome } from './shell.ts';

const NAMESPACES = ['--map-root-user', '--mount', '--uts', '--net', '--pid', '--fork'];

/**
 * Reports whether this machine can run a tiny guest, which needs busybox and unprivileged user namespaces.
 */
export function canRunTinyGuest(): boolean {
  return (
    existsSync('/bin/busybox') &&
    run(['unshare', ...NAMESPACES, 'mount', '-t', 'tmpfs', 't', '/tmp']).code === 0
  );
}

/** Creates the file system of the lab's tiny guest in `root`: busybox, and stubs of sudo and cloud-init. */
export function makeTinyGuest(root: string): void {
  const folders = ['bin', 'dev', 'etc', 'home/ubuntu', 'root', 'run', 'srv', 'tmp', 'var/lib', 'var/log'];
  folders.forEach((folder) => mkdirSync(join(root, folder), { recursive: true }));
  cpSync('tests/e2e/lab/tiny-root', root, { recursive: true });
  readdirSync(join(root, 'usr/bin')).forEach((program) => {
    chmodSync(join(root, 'usr/bin', program), 0o755);
  });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  const applets = run(['/bin/busybox', '--list']).stdout.trim().split('\n');
  applets
    .filter((applet) => applet !== 'busybox')
    .forEach((applet) => {
      symlinkSync('busybox', join(root, 'bin', applet));
    });
  writeFileSync(join(root, 'dev/null'), '');
  writeFileSync(join(root, 'dev/zero'), '');
  writeFileSync(join(root, 'dev/console'), '');
}

/** Runs a shell program as root of the guest, in namespaces of its own for hostname, network, mounts and processes. */
export function runInTinyGuest(root: string, program: string, input = ''): Outcome {
  const mounts = ['null', 'zero'].map((name) => `mount --bind /dev/${name} "$1/dev/${name}"`);
  const enter = `${mounts.join(' && ')} && exec chroot "$1" /bin/sh -c "$2"`;
  return run(['unshare', ...NAMESPACES, 'sh', '-c', enter, 'sh', root, program], input);
}
