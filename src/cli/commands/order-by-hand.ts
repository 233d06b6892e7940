import { type JobOrder, type JobTask, ownerOf, timeoutsOf } from '../../model/job-order.ts';
import { Secret } from '../../model/secret.ts';
import type { Call } from './command.ts';
import type { JobSecrets, Request, Settings } from '../request.ts';
import { readOwner, readSshPort } from '../settings.ts';

/** The secrets of an order that refers to none. */
export const NO_SECRETS: JobSecrets = { scriptUrl: new Secret(''), scriptSecrets: new Map() };

/** Returns the request to do `task`, which a command line asks for. */
export function orderByHand(task: JobTask, call: Call, secrets: JobSecrets = NO_SECRETS): Request {
  const { reader, host } = call;
  const { owner, isOwnerGiven } = readOwner(call);
  const { buildId: id, runConfig: inputs = '', ...rest } = owner;
  const head = {
    format: 1,
    id,
    owner: rest,
    reason: 'by hand',
    orderedAt: new Date(host.now).toISOString(),
    timeouts: reader.givenTimeouts(),
    sshPort: readSshPort(reader, host),
  } as const;
  const order: JobOrder = task.kind === 'build' ? { ...task, ...head, inputs } : { ...task, ...head };
  return requestFor(order, secrets, { ...call.settings, isOwnerGiven });
}

/** Returns the request to do what `order` says; an empty name of a cloud is determined later. */
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

function findServices(order: JobOrder) {
  if (order.kind === 'build') return order.entry.externalService;
  return order.kind === 'prepare' ? order.entries[0].externalService : undefined;
}
