export { UBUNTU_USER } from '../model/ubuntu-user.ts';

/** The packages that the host must have from apt; the charm carries everything else. */
export const APT_DEPENDENCIES: readonly string[] = Object.freeze(['systemd']);
