import { findCloudsYaml } from '../../image-builder/openstack-builder.ts';
import type { BuildFacts, Tools } from '../../image-builder/tools.ts';
import type { Clock } from '../../model/clock.ts';
import type { Secret } from '../../model/secret.ts';
import { type CloudConnection, connectCloud } from '../../openstack/cloud.ts';
import { getCloudAccess } from '../../openstack/clouds-yaml.ts';
import { openHttp } from '../../system/http.ts';
import type { Logger } from '../../system/logger.ts';
import {
  encodeProcessIdentity,
  findProcessState,
  parseProcessIdentity,
  readOwnProcessIdentity,
} from '../../system/process-id.ts';
import { generateSshKeyPair } from '../../system/ssh-keys.ts';
import { connectSsh } from '../../system/ssh.ts';
import type { ProgressEvent } from '../../model/progress.ts';
import type { CommonOptions } from './request.ts';
import type { Protocol, Prune, StepSeconds } from './result.ts';

/** What the tools of one command hang from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly showProgress: (event: ProgressEvent) => void;
  /** The external script's environment. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
}

/** Tools, what they came to know, and their end. */
export interface Workshop {
  readonly tools: Tools;
  readonly protocol: () => Protocol;
  readonly close: () => Promise<void>;
}

/** Makes the real tools for one command. */
export function makeTools(options: CommonOptions, around: Surroundings): Workshop {
  const { clock, signal, logger } = around;
  const stallTimeoutMs = options.timeouts.stallTimeout * 1000;
  const downloads = openHttp({ proxy: 'environment', stallTimeoutMs });
  const connections = openConnections(options, around);
  const book = openBook(around);
  const tools: Tools = {
    connect: connections.connect,
    downloads,
    clock,
    timeouts: options.timeouts,
    signal,
    owner: options.owner,
    ownerFilter: options.isOwnerGiven ? options.owner : undefined,
    process: encodeProcessIdentity(readOwnProcessIdentity()),
    findProcessState: (written) => {
      const identity = parseProcessIdentity(written);
      return identity === undefined ? 'elsewhere' : findProcessState(identity);
    },
    report: book.report,
    record: book.record,
    warn: (message) => {
      logger.warning(message);
      book.warn(message);
    },
    generateKeyPair: generateSshKeyPair,
    connectSsh,
    sshPort: options.sshPort,
    scriptSecrets: around.scriptSecrets,
    cloudImagesUrl: options.cloudImagesUrl,
    runnerReleasesUrl: options.runnerReleasesUrl,
  };
  const close = async (): Promise<void> => {
    await Promise.all([downloads.close(), connections.close()]);
  };
  return { tools, protocol: book.read, close };
}

function openConnections(options: CommonOptions, around: Surroundings) {
  const opened = new Map<string, Promise<CloudConnection>>();
  const open = async (name: string): Promise<CloudConnection> =>
    connectCloud(getCloudAccess(await findCloudsYaml(around), name), {
      clock: around.clock,
      apiTimeoutMs: options.timeouts.apiTimeout * 1000,
      stallTimeoutMs: options.timeouts.stallTimeout * 1000,
      observe: ({ service, operation, status, requestId }, { method, path }) => {
        around.logger.debug('cloud answered', { service, operation, method, path, status, requestId });
      },
    });
  return {
    connect: (name: string): Promise<CloudConnection> => {
      const connection = opened.get(name) ?? open(name);
      opened.set(name, connection);
      return connection;
    },
    close: async (): Promise<void> => {
      for (const connection of opened.values()) {
        await connection.then((open) => open.close()).catch(() => undefined); // why it never opened is told elsewhere
      }
    },
  };
}

/** Keeps what happens, for the result. */
function openBook(around: Surroundings) {
  let facts: BuildFacts = {};
  const prunes: Prune[] = [];
  const steps: StepSeconds[] = [];
  const warnings: string[] = [];
  return {
    report: (event: ProgressEvent): void => {
      around.showProgress(event);
      if (event.kind === 'finished' || event.kind === 'failed') {
        steps.push({ name: event.step, seconds: event.seconds });
      }
    },
    record: (more: BuildFacts): void => {
      const { pruned, ...rest } = more;
      facts = { ...facts, ...rest };
      if (pruned !== undefined) prunes.push(pruned);
    },
    warn: (message: string): void => {
      warnings.push(message);
    },
    read: (): Protocol => ({ facts, prunes, steps, warnings }),
  };
}
