import { ARCHES } from '../model/image/arch.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import { unitPaths } from '../model/unit/unit-paths.ts';
import { ensureFolder } from '../system/files/folders.ts';
import { APP_CHANNELS, type ApplicationInitializationConfig } from './config.ts';
import { installCloudsYaml } from './credentials.ts';
import { BuilderSetupError } from './errors.ts';
import { removeUnusedPrograms } from './host/programs.ts';
import { configureCron } from './schedule.ts';
import { withSetupError, ensureService } from './host/service.ts';
import type { Host } from './tools.ts';
import { ensureUnitKey } from './host/unit-key.ts';
import { upgradeApp } from './upgrade-app.ts';

/**
 * Sets this host up for builds: folders, key, credentials, program, service and schedule. A second call changes
 * nothing. It calls no cloud; the daemon prepares the clouds for `imageArch`. Returns whether it started the daemon.
 * Throws BuilderSetupError.
 */
export async function initialize(
  appInitConfig: ApplicationInitializationConfig,
  host: Host,
): Promise<boolean> {
  checkConfig(appInitConfig, host.paths);
  const { cloudConfig, unitName, cronInterval, scheduleLimits } = appInitConfig;
  return withSetupError('the host could not be set up', async () => {
    await ensureFolders(host.paths);
    await ensureUnitKey(host);
    if (Object.keys(cloudConfig.clouds).length > 0) await installCloudsYaml(cloudConfig, host);
    await upgradeApp(host);
    await configureCron(unitName, cronInterval, host, scheduleLimits);
    const wasStarted = await ensureService(unitName, host);
    await removeUnusedPrograms(host.paths); // the daemon has left the old program by now
    return wasStarted;
  });
}

function checkConfig(config: ApplicationInitializationConfig, paths: UnitPaths): void {
  const { channel, imageArch, unitName, resourcePrefix } = config;
  const problems = [
    ...(APP_CHANNELS.some((known) => known === channel)
      ? []
      : [`channel: expected one of ${APP_CHANNELS.join(', ')}, got ${channel}`]),
    ...(ARCHES.includes(imageArch)
      ? []
      : [`image architecture: expected one of ${ARCHES.join(', ')}, got ${imageArch}`]),
    ...(unitPaths('/', unitName).name === paths.name
      ? []
      : [`unit name: expected ${paths.name}, the unit of this host, got ${unitName}`]),
    ...(/^[\w.:@ /+-]{0,100}$/.test(resourcePrefix)
      ? []
      : [`resource prefix: expected up to 100 letters, digits and . _ - : @ / +, got ${resourcePrefix}`]),
  ];
  if (problems.length > 0) throw new BuilderSetupError(problems.join('\n'), { kind: 'input' });
}

async function ensureFolders({ state, jobs, log, run }: UnitPaths): Promise<void> {
  await ensureFolder(state, 0o700);
  await ensureFolder(jobs, 0o700);
  await ensureFolder(log, 0o750);
  await ensureFolder(run, 0o700);
}
