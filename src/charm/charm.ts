import { initialize } from '../builder/initialize.ts';
import { ensureService, restartService } from '../builder/host/service.ts';
import type { Host } from '../builder/tools.ts';
import { upgradeApp } from '../builder/upgrade-app.ts';
import type { JujuContext } from '../juju/context.ts';
import type { CharmEvent } from '../juju/event.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import type { Clock } from '../model/clock.ts';
import { ProductError } from '../model/errors.ts';
import type { Steering } from '../model/unit/steering.ts';
import { readTextFile } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import { flattenResults } from './actions/action.ts';
import { ACTIONS } from './actions/actions.ts';
import { listExpiredCertificates } from './options/certificates.ts';
import { type Decision, decide } from './decide.ts';
import type { ActionRequest } from './desired.ts';
import { type LeavingUnit, clearStopped, isStopped, removeUnit, stopUnit } from './leave-host.ts';
import { observeHost, observeModel } from './observe.ts';
import type { ObservedModel } from './observed.ts';
import { OptionReader } from './options/option-reader.ts';
import { type TracedUnit, removeAllTraces, removeTraces } from './python-charm/remove-traces.ts';
import { takeOver } from './python-charm/take-over.ts';
import { type SnapshotNames, readSnapshotNames } from './python-charm/traces.ts';
import { cutLine } from './status/status-line.ts';
import { writeDecision } from './write-decision.ts';

/** The dependencies of the charm. */
export interface CharmParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly host: Host;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The version of this software. */
  readonly version: string;
  /** The architecture of the unit's machine, as `uname -m` prints it. */
  readonly machine: string;
  /** Returns 12 hex digits. */
  readonly newBuildId: () => string;
}

type ActionEvent = Extract<CharmEvent, { readonly kind: 'action' }>;

/**
 * The charm. On every event it reads everything, decides, and writes what differs, so an event can be repeated, missed
 * or replaced by another. It never waits for a cloud.
 */
export class GithubRunnerImageBuilderCharm {
  readonly #parts: CharmParts;

  constructor(parts: CharmParts) {
    this.#parts = parts;
  }

  /** Reacts to one event. An error fails the hook, and Juju runs it again. */
  async dispatch(event: CharmEvent): Promise<void> {
    if (event.kind === 'action') return this.#runAction(event);
    if (isHook(event, ['stop'])) return stopUnit(this.#leavingUnit);
    if (isHook(event, ['remove'])) return this.#remove();
    const { host, tools, version, logger } = this.#parts;
    if (isHook(event, ['install', 'start'])) await clearStopped(host.paths);
    if (isHook(event, ['install', 'start', 'upgrade-charm'])) await tools.applicationVersionSet(version);
    if (await isStopped(host.paths)) {
      logger.info('event ignored: the unit is stopped');
      return;
    }
    await this.#reconcile(event);
  }

  get #leavingUnit(): LeavingUnit {
    const { context, host, clock, logger } = this.#parts;
    const orderer = {
      application: context.applicationName,
      modelUuid: context.modelUuid,
      unit: context.unitName,
    };
    return { host, orderer, clock, logger };
  }

  async #remove(): Promise<void> {
    const { tools, context, clock } = this.#parts;
    const beganAt = clock.now();
    const names = readSnapshotNames(context.applicationName, new OptionReader(await tools.configGet()));
    await removeAllTraces(this.#tracedUnit(names));
    await removeUnit(this.#leavingUnit, beganAt);
  }

  #tracedUnit(names: SnapshotNames): TracedUnit {
    const { host, logger } = this.#parts;
    return { host, names, logger };
  }

  async #reconcile(event: CharmEvent): Promise<void> {
    const { tools, logger } = this.#parts;
    try {
      const model = await observeModel(this.#parts, event);
      if (isHook(event, ['config-changed'])) for (const notice of model.notices) logger.info(notice);
      if (model.peers !== undefined && model.peers.problem !== '')
        logger.warning('pauses and pins cannot be read: the last ones stay', { reason: model.peers.problem });
      await takeOver(event, model, this.#parts.host, logger);
      const { isFullyPublished } = await this.#apply(model);
      if (isFullyPublished) await removeTraces(this.#tracedUnit(model.snapshotNames));
    } catch (error) {
      if (!(error instanceof ProductError) || error.kind !== 'input') throw error;
      logger.error('the machine or the charm is not usable', { reason: error.message });
      await tools.statusSet({ name: 'blocked', message: cutLine(error.message) });
    }
  }

  async #apply(model: ObservedModel, request?: ActionRequest, steering?: Steering): Promise<Decision> {
    const wasStarted = await this.#setUpHost(model);
    const { host, logger, clock } = this.#parts;
    const expired = listExpiredCertificates(model.settings?.config.openstackCa ?? '', clock.now());
    for (const warning of expired) logger.warning(warning);
    const facts = await observeHost(host, logger, clock);
    const silentMinutes = wasStarted ? undefined : facts.silentMinutes; // its last report is of an earlier daemon
    const observed = { ...model, ...facts, silentMinutes, now: clock.now() };
    const decision = decide(observed, request, steering);
    await writeDecision(decision, this.#parts);
    if (silentMinutes !== undefined) await this.#restartScheduler(silentMinutes);
    return decision;
  }

  /** Restarts a daemon that runs but does not reconcile any more. Its jobs continue. */
  async #restartScheduler(minutes: number): Promise<void> {
    const { host, logger } = this.#parts;
    logger.warning('the scheduler is restarted, because it has not reported', { minutes });
    await restartService(host);
  }

  /**
   * Sets up the host on every event, because options may still have been missing during install. Returns whether it started
   * the daemon.
   */
  async #setUpHost({ settings, unit, application }: ObservedModel): Promise<boolean> {
    const { host } = this.#parts;
    if (settings === undefined) {
      if ((await readTextFile(host.paths.serviceFile)) === undefined) return false;
      await upgradeApp(host); // a new program is installed even while options are invalid
      return ensureService(unit, host);
    }
    const config = {
      cloudConfig: { clouds: {} }, // written later, when the generation of the credentials is decided
      channel: settings.config.appChannel,
      cronInterval: settings.config.intervalHours,
      scheduleLimits: { times: settings.config.buildTimes, window: settings.config.buildWindow },
      imageArch: settings.config.arch,
      resourcePrefix: application,
      unitName: unit,
    };
    return initialize(config, host);
  }

  /** Runs an action. A stopped unit runs none, because its host is being left. */
  async #runAction({ name, taskId }: ActionEvent): Promise<void> {
    const { tools, host, clock, logger, newBuildId } = this.#parts;
    const action = ACTIONS.get(name);
    if (action === undefined) {
      return tools.actionFail(`expected one of the actions ${[...ACTIONS.keys()].join(', ')}, got ${name}`);
    }
    if (await isStopped(host.paths)) return tools.actionFail('the unit is stopped');
    const results = await action.perform({
      ...{ taskId, params: await tools.actionGet(), host, clock, logger, newBuildId },
      observeModel: () => observeModel(this.#parts, { kind: 'action', name, taskId }),
      request: (model, request) => this.#apply(model, request),
      steer: (model, steering) => this.#apply(model, undefined, steering),
    });
    await tools.actionSet(flattenResults(results));
  }
}

function isHook(event: CharmEvent, names: readonly string[]): boolean {
  return event.kind === 'hook' && names.includes(event.name);
}
