import { rm } from 'node:fs/promises';
import { withSetupError, removeService } from './service.ts';
import type { Host } from '../tools.ts';

/**
 * Removes all files and the service of the unit, credentials first. Throws BuilderSetupError after removing what it
 * can.
 */
export async function removeFromHost(host: Pick<Host, 'paths' | 'runCommand'>): Promise<void> {
  const { run, state, log, service } = host.paths;
  await rm(run, { recursive: true, force: true, maxRetries: 3 });
  const removal = withSetupError(`${service} could not be removed`, () => removeService(host));
  await removal.catch(() => undefined); // thrown at the end
  await rm(state, { recursive: true, force: true, maxRetries: 3 });
  await rm(log, { recursive: true, force: true, maxRetries: 3 });
  await removal;
}
