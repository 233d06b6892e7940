import { timeoutError } from '../../openstack/response-errors.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Token } from '../../openstack/identity.ts';
import { withDeadline } from '../../system/wait.ts';

/** The cloud's token; whoever is told to stop does not wait for a Keystone that hangs. */
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
