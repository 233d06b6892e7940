import { rm } from 'node:fs/promises';
import { asSetup, removeService } from './service.ts';
import type { Host } from '../tools.ts';

/** Takes all of the unit off this host, credentials first. Throws BuilderSetupError, after all it could remove. */
export async function removeFromHost(host: Pick<Host, 'paths' | 'runCommand'>): Promise<void> {
  const { run, state, log, service } = host.paths;
  await rm(run, { recursive: true, force: true, maxRetries: 3 });
  const removal = asSetup(`${service} could not be removed`, () => removeService(host));
  await removal.catch(() => undefined); // told at the end
  await rm(state, { recursive: true, force: true, maxRetries: 3 });
  await rm(log, { recursive: true, force: true, maxRetries: 3 });
  await removal;
}
