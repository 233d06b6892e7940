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
import { type ActionRequest, type Decision, decide } from './decide.ts';
import { type LeavingUnit, clearStopped, isStopped, removeUnit, stopUnit } from './leave-host.ts';
import { observeHost, observeModel } from './observe.ts';
import type { ObservedModel } from './observed.ts';
import { cutLine } from './status/status-line.ts';
import { findObstacle } from './status/unit-status.ts';
import { writeDecision } from './write-decision.ts';

/** What the charm uses. */
export interface CharmParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
  readonly host: Host;
  readonly logger: Logger;
  readonly clock: Clock;
  /** This software's version. */
  readonly version: string;
  /** The architecture of the unit's machine, as `uname -m` says it. */
  readonly machine: string;
  /** 12 hex digits. */
  readonly newBuildId: () => string;
}

type ActionEvent = Extract<CharmEvent, { readonly kind: 'action' }>;

/**
 * The charm. Whatever the event, it reads everything, decides, and writes what differs: so any event can carry any
 * change, be repeated, or be missed. It never waits for a cloud.
 */
export class GithubRunnerImageBuilderCharm {
  readonly #parts: CharmParts;

  constructor(parts: CharmParts) {
    this.#parts = parts;
  }

  /** Handles one event. What it throws makes the hook fail, and Juju run it again. */
  async handle(event: CharmEvent): Promise<void> {
    if (event.kind === 'action') return this.#act(event);
    if (isHook(event, ['stop'])) return stopUnit(this.#leavingUnit);
    if (isHook(event, ['remove'])) return removeUnit(this.#leavingUnit);
    const { host, tools, version, logger } = this.#parts;
    if (isHook(event, ['install', 'start'])) await clearStopped(host.paths);
    if (isHook(event, ['install', 'start', 'upgrade-charm'])) await tools.applicationVersionSet(version);
    if (await isStopped(host.paths)) {
      logger.info('nothing is done, as the unit is stopped');
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
      await this.#carryOut(model);
    } catch (error) {
      if (!(error instanceof ProductError) || error.kind !== 'input') throw error;
      logger.error('the machine or the charm is not as it must be', { reason: error.message });
      await tools.statusSet({ name: 'blocked', message: cutLine(error.message) });
    }
  }

  async #carryOut(model: ObservedModel, request?: ActionRequest): Promise<Decision> {
    await this.#setUpHost(model);
    const { host, logger } = this.#parts;
    const decision = decide({ ...model, ...(await observeHost(host, logger)) }, request);
    await writeDecision(decision, this.#parts);
    return decision;
  }

  /** Also after any other event than install: that one may have come when options were still missing. */
  async #setUpHost({ settings: wish, unit, application }: ObservedModel): Promise<void> {
    const { host } = this.#parts;
    if (wish === undefined) {
      if ((await readTextFile(host.paths.serviceFile)) === undefined) return;
      await upgradeApp(host); // a new charm's program is not to wait for an option to be put right
      return ensureService(unit, host);
    }
    const config = {
      cloudConfig: { clouds: {} }, // credentials are written with their generation, once that is decided
      channel: 'charm',
      cronInterval: wish.config.intervalHours,
      imageArch: wish.config.arch,
      resourcePrefix: application,
      unitName: unit,
    };
    await initialize(config, host);
  }

  async #act(event: ActionEvent): Promise<void> {
    const { tools, host, newBuildId } = this.#parts;
    if (event.name !== 'run') return tools.actionFail(`expected the action run, got ${event.name}`);
    if (await isStopped(host.paths)) return tools.actionFail('the unit is stopped');
    const model = await observeModel(this.#parts, event);
    if (!model.isLeader) {
      return tools.actionFail(`this unit stands by: juju run ${model.application}/leader run`);
    }
    const obstacle = findObstacle(model);
    if (obstacle !== undefined) return tools.actionFail(obstacle.message);
    const { desired } = await this.#carryOut(model, { action: event.taskId, newBuildId });
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
