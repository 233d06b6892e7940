import type { Timeouts } from '../../model/job/timeouts.ts';

/** The help text of each time-out: the wait that it limits. */
export const WAITS: Readonly<Record<keyof Timeouts, string>> = {
  apiTimeout: 'one call to a cloud, including its retries',
  stallTimeout: 'a transfer of image data that makes no progress',
  transferTimeout: 'one complete transfer of image data',
  fetchTimeout: 'one small download: checksums, the version of the runner or the script',
  serverTimeout: 'until the server is ACTIVE, or the volume that it boots from is available',
  bootTimeout: 'until the guest prints the fingerprint of its host key on the console',
  sshTimeout: 'until the guest answers SSH',
  cloudInitTimeout: 'until cloud-init finishes',
  partsTimeout: 'until all parts of the guest are installed',
  commandTimeout: 'one command of the builder in the guest',
  scriptTimeout: 'until the external script ends',
  shutdownTimeout: 'until the server is SHUTOFF',
  imageTimeout: 'until an image is active',
  deleteTimeout: 'until a deleted server or volume is gone',
  onlineTimeout: 'until a launched runner is online at GitHub',
};

/* The time-outs of each command: only those of waits that the command can meet. */

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
export const RUN_WAITS = (Object.keys(WAITS) as readonly (keyof Timeouts)[]).filter(
  (wait) => wait !== 'onlineTimeout',
);
export const LOCAL_WAITS = [
  ...['stallTimeout', 'transferTimeout', 'fetchTimeout', 'bootTimeout', 'sshTimeout', 'cloudInitTimeout'],
  ...['partsTimeout', 'commandTimeout', 'shutdownTimeout', 'imageTimeout'],
] as readonly (keyof Timeouts)[];
export const LAUNCH_WAITS = [
  ...['stallTimeout', 'transferTimeout', 'serverTimeout', 'bootTimeout', 'sshTimeout', 'cloudInitTimeout'],
  ...['commandTimeout', 'deleteTimeout', 'onlineTimeout'],
] as readonly (keyof Timeouts)[];
