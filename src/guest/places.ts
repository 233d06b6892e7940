import { UBUNTU_USER } from '../model/ubuntu-user.ts';

/** Where the guest keeps what the first boot wrote down: scripts' logs and the report. Root's alone, never in an image. */
export const STATE_FOLDER = '/var/lib/github-runner-image-builder';

/** Where the operator's script lies while it runs: a memory file system of its own. */
export const SCRIPT_FOLDER = '/run/github-runner-image-builder-script';

/** The first line of every program that root runs in a guest: cloud-init and sudo each set another environment. */
export const ENVIRONMENT =
  'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C';

/** sh that sets `home` to the home folder of the user ubuntu, wherever the base image put it. */
export const FIND_HOME = `home=$(awk -F: '$1 == "${UBUNTU_USER}" { print $6; exit }' /etc/passwd)`;
