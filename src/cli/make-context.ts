import { findCloudsYaml } from '../image-builder/openstack-builder.ts';
import type {
  CloudOpener,
  Clouds,
  Context,
  DownloadProxies,
  Recorder,
  RunSettings,
} from '../image-builder/context.ts';
import type { Clock } from '../model/clock.ts';
import type {
  CloudPrune,
  ResultFacts,
  ResultLog,
  StepSeconds,
} from '../model/result/program-result-common.ts';
import { InputError } from '../model/errors.ts';
import { resourceMessage } from '../model/job/job-resources.ts';
import { type ProxySettings, listProxyProblems } from '../model/proxy-settings.ts';
import { type CloudConnection, type CloudOptions, connectCloud } from '../openstack/cloud.ts';
import type { CloudAccess } from '../openstack/login/cloud-access.ts';
import { getCloudAccess } from '../openstack/login/clouds-yaml.ts';
import { openHttp } from '../system/http/http.ts';
import { readProxyVariables } from '../system/http/proxy.ts';
import { openTrustStore } from '../system/http/trust-store.ts';
import type { Logger } from '../system/log/logger.ts';
import type { Redactor } from '../system/log/redactor.ts';
import {
  type Place,
  encodeProcessIdentity,
  findProcessState,
  parseProcessIdentity,
  readOwnProcessIdentity,
} from '../system/process/process-identity.ts';
import { findSourceAddress } from '../system/source-address.ts';
import { generateSshKeyPair } from '../system/ssh/ssh-keys.ts';
import { connectSsh } from '../system/ssh/ssh.ts';
import type { ProgressEvent } from '../model/job/progress.ts';
import { listCloudSecrets } from './known-secrets.ts';
import type { CommonOptions, JobSecrets } from './request.ts';

/** The inputs of a context that do not come from the command line. */
export interface ContextInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The machine and boot of this process. */
  readonly place: Place;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly showProgress: (event: ProgressEvent) => void;
  /** Learns the credentials and tokens of the clouds. */
  readonly redactor: Pick<Redactor, 'add'>;
  readonly secrets: JobSecrets;
}

/** The context of one command and its result log. */
export interface ProgramContext {
  readonly context: Context & CloudOpener & DownloadProxies;
  readonly resultLog: () => ResultLog;
  readonly close: () => Promise<void>;
}

/** Creates the context of one command. */
export function makeContext(options: CommonOptions, input: ContextInput): ProgramContext {
  const proxy = findProxies(input);
  const store = openTrustStore(input.env);
  const hints = trustHints(options);
  const trust = store.trust(hints.clouds, input.secrets.openstackCa);
  const clouds = openClouds(options, { ...input, trust, proxy });
  const stallTimeoutMs = options.timeouts.stallTimeout * 1000;
  const downloads = openHttp({ trust: store.trust(hints.downloads), proxy, stallTimeoutMs });
  const { resultLog, ...recorder } = openRecorder(input);
  const { cloudImagesUrl, runnerReleasesUrl, sshPort } = options;
  const context: Context & CloudOpener & DownloadProxies = {
    connect: clouds.connect,
    openCloud: clouds.openCloud,
    ...{ downloads, cloudImagesUrl, runnerReleasesUrl, proxy },
    ...{ generateKeyPair: generateSshKeyPair, connectSsh, findSourceAddress, sshPort },
    ...readSettings(options, input),
    ...recorder,
  };
  const close = async (): Promise<void> => {
    await Promise.all([downloads.close(), clouds.close()]);
  };
  return { context, resultLog, close };
}

/** Returns the proxies of the model, or those of the environment when a user runs the program. Throws InputError. */
function findProxies({ env, secrets }: Pick<ContextInput, 'env' | 'secrets'>): ProxySettings {
  const proxy = secrets.proxy ?? readProxyVariables(env);
  const problems = listProxyProblems(proxy);
  if (problems.length > 0) throw new InputError(problems);
  return proxy;
}

/** Returns the advice for unknown authorities, in the words of the charm when a unit ordered the command. */
function trustHints({ owner: { unit } }: Pick<CommonOptions, 'owner'>) {
  const system = unit === '' ? 'the CA store of this system' : "the CA store of the unit's machine";
  const option = unit === '' ? 'cacert in clouds.yaml' : 'openstack-ca';
  return {
    clouds: `set ${option} to the certificate of its authority`,
    downloads: `add the certificate of its authority to ${system} (update-ca-certificates)`,
  };
}

function readSettings(
  options: Pick<CommonOptions, 'timeouts' | 'owner' | 'isOwnerGiven' | 'isServerKept'>,
  input: Pick<ContextInput, 'clock' | 'signal' | 'secrets' | 'cwd' | 'place'>,
): RunSettings {
  const { timeouts, owner, isOwnerGiven, isServerKept = false } = options;
  const { clock, signal, cwd, secrets, place } = input;
  return {
    clock,
    signal,
    timeouts,
    owner,
    ownerFilter: isOwnerGiven ? owner : undefined,
    process: encodeProcessIdentity(readOwnProcessIdentity(place)),
    findProcessState: (text) => {
      const identity = parseProcessIdentity(text);
      return identity === undefined ? 'elsewhere' : findProcessState(identity, place);
    },
    scriptSecrets: secrets.scriptSecrets,
    keyFolder: isServerKept ? cwd : undefined,
  };
}

/** Connects to each cloud at its first use. */
function openClouds(
  { timeouts, logFormat }: Pick<CommonOptions, 'timeouts' | 'logFormat'>,
  input: Pick<ContextInput, 'env' | 'cwd' | 'clock' | 'logger' | 'redactor'> &
    Pick<CloudOptions, 'trust' | 'proxy'>,
): Clouds & CloudOpener & { readonly close: () => Promise<void> } {
  const { env, cwd, clock, logger, redactor, trust, proxy } = input;
  const opened = new Map<string, Promise<CloudConnection>>();
  const open = (access: CloudAccess): Promise<CloudConnection> => {
    redactor.add(listCloudSecrets(access));
    return connectCloud(access, {
      ...{ clock, trust, proxy },
      apiTimeoutMs: timeouts.apiTimeout * 1000,
      stallTimeoutMs: timeouts.stallTimeout * 1000,
      observe: ({ service, operation, status, requestId }, { method, path }) => {
        logger.debug('cloud answered', { service, operation, method, path, status, requestId });
      },
      onToken: (token) => {
        redactor.add([token]);
      },
      onResource: (change, resource) => {
        // programs read these lines; people see the steps
        if (logFormat === 'json') logger.info(resourceMessage(change), { ...resource });
      },
      warn: (message) => {
        logger.warning(message);
      },
    });
  };
  const openOnce = (name: string, openIt: () => Promise<CloudConnection>): Promise<CloudConnection> => {
    const connection = opened.get(name) ?? openIt();
    opened.set(name, connection);
    return connection;
  };
  return {
    connect: (name) =>
      openOnce(name, async () => open(getCloudAccess(await findCloudsYaml({ env, cwd }), name))),
    openCloud: (access) => openOnce(access.name, () => open(access)),
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
