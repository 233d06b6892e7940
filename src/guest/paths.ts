import { UBUNTU_USER } from '../model/guest/ubuntu-user.ts';

/** The mount point of the tmpfs that holds the operator's script while it runs. */
export const SCRIPT_FOLDER = '/run/github-runner-image-builder-script';

/**
 * The line that sets the environment of the programs that root runs in a guest. Without it, cloud-init and sudo would
 * run them in different environments.
 */
export const ROOT_ENVIRONMENT =
  'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C';

/** The shell assignment of `home` to the home folder of the user ubuntu, which depends on the base image. */
export const FIND_HOME = `home=$(awk -F: '$1 == "${UBUNTU_USER}" { print $6; exit }' /etc/passwd)`;
