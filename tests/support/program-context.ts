import { readPlace } from '../../src/system/process/process-identity.ts';
import type { CloudOpener, Context } from '../../src/image-builder/context.ts';
import { NO_SECRETS } from '../../src/cli/commands/order-by-hand.ts';
import { makeContext } from '../../src/cli/make-context.ts';
import type { Clock } from '../../src/model/clock.ts';
import { DEFAULT_TIMEOUTS } from '../../src/model/job/timeouts.ts';
import { Redactor } from '../../src/system/log/redactor.ts';

/** The settings of a context that differ between tests. */
interface ContextSettings {
  readonly clock: Clock;
  /** The folder that has a clouds.yaml. */
  readonly folder: string;
  readonly sshPort: number;
  readonly cloudImagesUrl?: string;
  readonly runnerReleasesUrl?: string;
}

/** Opens the context that the program gives its commands. The caller closes it. */
export function openProgramContext(settings: ContextSettings): {
  readonly context: Context & CloudOpener;
  readonly warnings: string[];
  readonly close: () => Promise<void>;
} {
  const { clock, folder, sshPort, cloudImagesUrl = '', runnerReleasesUrl = '' } = settings;
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const options = {
    cloudName: 'builder',
    logLevel: 'info',
    logFormat: 'text',
    format: 'json',
    owner: { application: 'app', modelUuid: '', unit: '', buildId: 'b1' },
    ...{ isOwnerGiven: false, timeouts: DEFAULT_TIMEOUTS },
    ...{ cloudImagesUrl, runnerReleasesUrl, sshPort },
  } as const;
  const { context, close } = makeContext(options, {
    ...{ env: {}, cwd: folder, place: readPlace(), clock, signal: new AbortController().signal },
    logger: { error: ignore, info: ignore, debug: ignore, warning: (text) => warnings.push(text) },
    showProgress: ignore,
    redactor: new Redactor(),
    secrets: NO_SECRETS,
  });
  return { context, warnings, close };
}
