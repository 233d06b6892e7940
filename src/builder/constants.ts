/** The user that runners and builds of the Ubuntu images run as. */
export const UBUNTU_USER = 'ubuntu';

/** What the host must get from apt before it can build: nothing, the charm carries all it needs. */
export const APT_DEPENDENCIES: readonly string[] = Object.freeze([]);
