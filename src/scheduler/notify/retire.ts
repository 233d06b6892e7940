import { rm } from 'node:fs/promises';
import { disableService } from '../../builder/host/service.ts';
import type { Host } from '../../builder/tools.ts';
import { logFailure } from '../../system/log/log-failure.ts';
import type { Logger } from '../../system/log/logger.ts';

/**
 * Ends the daemon of a unit that was refreshed to another charm, such as back to the one in Python: removes the
 * credentials, without which nothing is planned, then stops and disables the service. A hook of this charm undoes both.
 * Never rejects.
 */
export async function retire({
  paths,
  runCommand,
  logger,
}: Pick<Host, 'paths' | 'runCommand'> & { readonly logger: Logger }): Promise<void> {
  logger.warning('the unit was refreshed to another charm: the scheduler stops', { service: paths.service });
  try {
    for (const path of [paths.cloudsYaml, paths.secrets]) await rm(path, { force: true });
    await disableService({ paths, runCommand });
  } catch (error) {
    logFailure(logger, 'the service was not stopped', error);
  }
}
