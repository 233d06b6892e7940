import { type JobOrder, type JobTask, ownerOf, timeoutsOf } from '../../model/job/job-order.ts';
import { Secret } from '../../model/secret.ts';
import type { Call } from './command.ts';
import type { JobSecrets, Request, Settings } from '../request.ts';
import { readOwner, readSshPort } from '../settings.ts';

/** The secrets of an order without secrets. */
export const NO_SECRETS: JobSecrets = {
  scriptUrl: new Secret(''),
  scriptSecrets: new Map(),
  proxy: undefined,
  guestProxy: undefined,
  openstackCa: '',
  github: undefined,
};

/** Returns the request to run a task that a user ordered on the command line. */
export function orderByHand(task: JobTask, call: Call, secrets: JobSecrets = NO_SECRETS): Request {
  const { reader, host } = call;
  const { owner, isOwnerGiven } = readOwner(call);
  const { buildId: id, runConfig: inputs = '', ...orderer } = owner;
  const head = {
    format: 1,
    id,
    owner: orderer,
    reason: 'by hand',
    orderedAt: new Date(host.now).toISOString(),
    timeouts: reader.givenTimeouts(),
    sshPort: readSshPort(reader, host),
  } as const;
  const order: JobOrder = task.kind === 'build' ? { ...task, ...head, inputs } : { ...task, ...head };
  return requestFor(order, secrets, { ...call.settings, isOwnerGiven });
}

/** Returns the request to run an order. An empty cloud name is determined later. */
export function requestFor(
  order: JobOrder,
  secrets: JobSecrets,
  settings: Settings & { readonly isOwnerGiven: boolean },
): Request {
  const { cloudImagesUrl = '', runnerReleasesUrl = '' } = findServices(order) ?? {};
  return {
    ...settings,
    command: 'order',
    order,
    secrets,
    owner: ownerOf(order),
    timeouts: timeoutsOf(order),
    cloudImagesUrl,
    runnerReleasesUrl,
    sshPort: order.sshPort ?? 22,
  };
}

/** Returns the external services of an order with run configs. */
export function findServices(order: JobOrder) {
  if (order.kind === 'build' || order.kind === 'layer') return order.entry.externalService;
  return order.kind === 'prepare' || order.kind === 'preflight'
    ? order.entries[0].externalService
    : undefined;
}
