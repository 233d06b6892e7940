import type { Timeouts } from '../../model/timeouts.ts';

/** What each wait is for, as help tells it. */
export const WAITS: Readonly<Record<keyof Timeouts, string>> = {
  apiTimeout: 'one call to a cloud, its repeats included',
  stallTimeout: 'a transfer of image data that does not move',
  transferTimeout: 'one transfer of image data, whole',
  fetchTimeout: "one small download: checksums, the runner's version, the script",
  serverTimeout: 'the server to be ACTIVE',
  bootTimeout: "the guest to print its host key's fingerprint on the console",
  sshTimeout: 'the guest to answer SSH',
  cloudInitTimeout: 'cloud-init to finish',
  commandTimeout: 'one of our own commands in the guest',
  scriptTimeout: 'the external script to end',
  shutdownTimeout: 'the server to be SHUTOFF',
  imageTimeout: 'an image to be active',
  deleteTimeout: 'a deleted server to be gone',
};

/** Which commands have which: each only those that it may meet. */
export const INIT_WAITS = [
  'apiTimeout',
  'stallTimeout',
  'transferTimeout',
  'fetchTimeout',
  'imageTimeout',
  'deleteTimeout',
] as const;
export const SWEEP_WAITS = ['apiTimeout', 'deleteTimeout'] as const;
export const DISTRIBUTE_WAITS = ['stallTimeout', 'transferTimeout'] as const;
export const RUN_WAITS = Object.keys(WAITS) as readonly (keyof Timeouts)[];
