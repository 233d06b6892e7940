import { initialize } from '../builder/initialize.ts';
import { ensureService } from '../builder/host/service.ts';
import type { Host } from '../builder/tools.ts';
import { upgradeApp } from '../builder/upgrade-app.ts';
import type { JujuContext } from '../juju/context.ts';
import type { CharmEvent } from '../juju/event.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import type { Clock } from '../model/clock.ts';
import { ProductError } from '../model/errors.ts';
import { readTextFile } from '../system/files/text-file.ts';
import type { Logger } from '../system/log/logger.ts';
import { type Decision, decide } from './decide.ts';
import type { ActionRequest } from './desired.ts';
import { type LeavingUnit, clearStopped, isStopped, removeUnit, stopUnit } from './leave-host.ts';
import { observeHost, observeModel } from './observe.ts';
import type { ObservedModel } from './observed.ts';
import { cutLine } from './status/status-line.ts';
import { findObstacle } from './status/unit-status.ts';
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
    if (isHook(event, ['remove'])) return removeUnit(this.#leavingUnit);
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

  async #reconcile(event: CharmEvent): Promise<void> {
    const { tools, logger } = this.#parts;
    try {
      const model = await observeModel(this.#parts, event);
      await this.#apply(model);
    } catch (error) {
      if (!(error instanceof ProductError) || error.kind !== 'input') throw error;
      logger.error('the machine or the charm is not usable', { reason: error.message });
      await tools.statusSet({ name: 'blocked', message: cutLine(error.message) });
    }
  }

  async #apply(model: ObservedModel, request?: ActionRequest): Promise<Decision> {
    await this.#setUpHost(model);
    const { host, logger } = this.#parts;
    const decision = decide({ ...model, ...(await observeHost(host, logger)) }, request);
    await writeDecision(decision, this.#parts);
    return decision;
  }

  /** Sets up the host on every event, because options may still have been missing during install. */
  async #setUpHost({ settings, unit, application }: ObservedModel): Promise<void> {
    const { host } = this.#parts;
    if (settings === undefined) {
      if ((await readTextFile(host.paths.serviceFile)) === undefined) return;
      await upgradeApp(host); // a new program is installed even while options are invalid
      return ensureService(unit, host);
    }
    const config = {
      cloudConfig: { clouds: {} }, // written later, when the generation of the credentials is decided
      channel: 'charm',
      cronInterval: settings.config.intervalHours,
      imageArch: settings.config.arch,
      resourcePrefix: application,
      unitName: unit,
    };
    await initialize(config, host);
  }

  async #runAction(event: ActionEvent): Promise<void> {
    const { tools, host, newBuildId } = this.#parts;
    if (event.name !== 'run') return tools.actionFail(`expected the action run, got ${event.name}`);
    if (await isStopped(host.paths)) return tools.actionFail('the unit is stopped');
    const model = await observeModel(this.#parts, event);
    if (!model.isLeader) {
      return tools.actionFail(`this unit is not the leader: use juju run ${model.application}/leader run`);
    }
    const obstacle = findObstacle(model);
    if (obstacle !== undefined) return tools.actionFail(obstacle.message);
    const { desired } = await this.#apply(model, { action: event.taskId, newBuildId });
    const builds = desired?.requests.find(({ action }) => action === event.taskId)?.builds ?? [];
    await tools.actionSet({
      'build-ids': builds.map(({ buildId }) => buildId).join(','),
      images: [...(desired?.images.keys() ?? [])].join(','),
    });
  }
}

function isHook(event: CharmEvent, names: readonly string[]): boolean {
  return event.kind === 'hook' && names.includes(event.name);
}
