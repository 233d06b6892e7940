export { UBUNTU_USER } from '../model/guest/ubuntu-user.ts';

/** The apt packages that the host needs; the charm contains everything else. */
export const APT_DEPENDENCIES: readonly string[] = Object.freeze(['systemd']);
