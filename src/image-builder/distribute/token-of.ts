import { timeoutError } from '../../openstack/api/response-errors.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Token } from '../../openstack/login/identity.ts';
import { withDeadline } from '../../system/wait.ts';

/** Returns the cloud's token. Stops waiting when the cloud's signal is aborted, even while Keystone hangs. */
export function tokenOf({
  identity,
  apiTimeoutMs: timeoutMs,
  clock,
  signal,
  name: cloud,
}: Cloud): Promise<Token> {
  const call = { cloud, service: 'identity', operation: 'log in' };
  return withDeadline(
    () => identity.getToken(),
    { timeoutMs, clock, signal },
    () => timeoutError(call, timeoutMs),
  );
}
