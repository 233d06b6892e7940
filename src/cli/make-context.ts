import { findCloudsYaml } from '../image-builder/openstack-builder.ts';
import type { Clouds, Context, Recorder, RunSettings } from '../image-builder/context.ts';
import type { Clock } from '../model/clock.ts';
import type { CloudPrune, ResultFacts, ResultLog, StepSeconds } from '../model/program-result-common.ts';
import type { Secret } from '../model/secret.ts';
import { type CloudConnection, connectCloud } from '../openstack/cloud.ts';
import { getCloudAccess } from '../openstack/clouds-yaml.ts';
import { openHttp } from '../system/http/http.ts';
import type { Logger } from '../system/log/logger.ts';
import {
  encodeProcessIdentity,
  findProcessState,
  parseProcessIdentity,
  readOwnProcessIdentity,
} from '../system/process/process-identity.ts';
import { generateSshKeyPair } from '../system/ssh/ssh-keys.ts';
import { connectSsh } from '../system/ssh/ssh.ts';
import type { ProgressEvent } from '../model/progress.ts';
import type { CommonOptions } from './request.ts';

/** The inputs of a context that do not come from the command line. */
export interface ContextInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly showProgress: (event: ProgressEvent) => void;
  /** The environment of the external script. */
  readonly scriptSecrets: ReadonlyMap<string, Secret>;
}

/** The context of one command and its result log. */
export interface ProgramContext {
  readonly context: Context;
  readonly resultLog: () => ResultLog;
  readonly close: () => Promise<void>;
}

/** Creates the context of one command. */
export function makeContext(options: CommonOptions, input: ContextInput): ProgramContext {
  const clouds = openClouds(options, input);
  const stallTimeoutMs = options.timeouts.stallTimeout * 1000;
  const downloads = openHttp({ proxy: 'environment', stallTimeoutMs });
  const { resultLog, ...recorder } = openRecorder(input);
  const { cloudImagesUrl, runnerReleasesUrl, sshPort } = options;
  const context: Context = {
    connect: clouds.connect,
    ...{ downloads, cloudImagesUrl, runnerReleasesUrl },
    ...{ generateKeyPair: generateSshKeyPair, connectSsh, sshPort },
    ...readSettings(options, input),
    ...recorder,
  };
  const close = async (): Promise<void> => {
    await Promise.all([downloads.close(), clouds.close()]);
  };
  return { context, resultLog, close };
}

function readSettings(
  { timeouts, owner, isOwnerGiven }: Pick<CommonOptions, 'timeouts' | 'owner' | 'isOwnerGiven'>,
  { clock, signal, scriptSecrets }: Pick<ContextInput, 'clock' | 'signal' | 'scriptSecrets'>,
): RunSettings {
  return {
    clock,
    signal,
    timeouts,
    owner,
    ownerFilter: isOwnerGiven ? owner : undefined,
    process: encodeProcessIdentity(readOwnProcessIdentity()),
    findProcessState: (text) => {
      const identity = parseProcessIdentity(text);
      return identity === undefined ? 'elsewhere' : findProcessState(identity);
    },
    scriptSecrets,
  };
}

/** Connects to each cloud at its first use. */
function openClouds(
  { timeouts }: Pick<CommonOptions, 'timeouts'>,
  { env, cwd, clock, logger }: Pick<ContextInput, 'env' | 'cwd' | 'clock' | 'logger'>,
): Clouds & { readonly close: () => Promise<void> } {
  const opened = new Map<string, Promise<CloudConnection>>();
  const open = async (name: string): Promise<CloudConnection> =>
    connectCloud(getCloudAccess(await findCloudsYaml({ env, cwd }), name), {
      clock,
      apiTimeoutMs: timeouts.apiTimeout * 1000,
      stallTimeoutMs: timeouts.stallTimeout * 1000,
      observe: ({ service, operation, status, requestId }, { method, path }) => {
        logger.debug('cloud answered', { service, operation, method, path, status, requestId });
      },
    });
  return {
    connect: (name) => {
      const connection = opened.get(name) ?? open(name);
      opened.set(name, connection);
      return connection;
    },
    close: async () => {
      for (const connection of opened.values()) {
        await connection.then((open) => open.close()).catch(() => undefined); // a failed connect was reported by its caller
      }
    },
  };
}

/** Collects the part of the result that all commands have in common. */
function openRecorder({
  showProgress,
  logger,
}: Pick<ContextInput, 'showProgress' | 'logger'>): Recorder & { readonly resultLog: () => ResultLog } {
  let facts: ResultFacts = {};
  const pruned: CloudPrune[] = [];
  const steps: StepSeconds[] = [];
  const warnings: string[] = [];
  return {
    report: (event) => {
      showProgress(event);
      if (event.kind === 'finished' || event.kind === 'failed') {
        steps.push({ name: event.step, seconds: event.seconds });
      }
    },
    record: (added) => {
      const { pruned: prune, ...others } = added;
      facts = { ...facts, ...others };
      if (prune !== undefined) pruned.push(prune);
    },
    warn: (message) => {
      logger.warning(message);
      warnings.push(message);
    },
    resultLog: () => ({
      ...facts,
      ...(pruned.length === 0 ? {} : { pruned }),
      ...(steps.length === 0 ? {} : { steps }),
      warnings,
    }),
  };
}
