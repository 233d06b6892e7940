import type { Built } from '../../../src/model/unit/built.ts';
import { NO_STEERING, type Steering, findPin, isConsumerPaused } from '../../../src/model/unit/steering.ts';
import { type DesiredState, applicationOf } from '../../../src/model/unit/desired-state.ts';
import type { ObservedImage } from '../../../src/model/observation.ts';
import { jobOf } from '../../../src/scheduler/jobs/job-runner.ts';
import { rememberAnswered, rememberEnded } from '../../../src/scheduler/journal/answers.ts';
import { forgetDied } from '../../../src/scheduler/journal/died-jobs.ts';
import {
  rememberBuild,
  rememberFailure,
  rememberListed,
  rememberSuccess,
} from '../../../src/scheduler/journal/back-off.ts';
import { listReportedIds } from '../../../src/scheduler/report/cloud-reports.ts';
import { deriveBuilt } from '../../../src/scheduler/report/derive-built.ts';
import { EMPTY_JOURNAL, type JobKey, type Journal } from '../../../src/scheduler/journal/journal.ts';
import type { Plan, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { copyDesired, desiredState } from '../desired-fixtures.ts';
import { isLayerName } from '../../../src/model/image/layers.ts';
import { HOUR, NOW } from './plan-fixtures.ts';
import {
  findDeletions,
  findStepsBack,
  encodeInputs,
  forgeImage,
  observeCloud,
  publishReport,
} from './simulated-charm.ts';
import { type SimulatedJob, SimulatedLayers, isSimulated } from './simulated-layers.ts';
import { type SimulatedSchedule, SimulatedUnits, calendarAt } from './simulated-units.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const INTERVAL_HOURS = 24;

/** Simulates clouds, daemon and charm without processes. Jobs change lists of images. */
export class Simulation {
  now = NOW;
  glanceNow = NOW;
  credentials: PlanInput['credentials'] = 'ready';
  schedule: SimulatedSchedule = 'age';
  journal: Journal = EMPTY_JOURNAL;
  desired: DesiredState = desiredState({ consumers: [], published: [] });
  jobs: readonly SimulatedJob[] = [];
  built: Built | undefined;
  /** The pauses and pins when `built` was derived. */
  #reportedSteering: Steering = NO_STEERING;
  /** True when this machine's clock was set. Glance's clock was not. */
  hasChangedClock = false;
  readonly images = new Map<string, ObservedImage[]>();
  readonly layers = new SimulatedLayers();
  readonly units = new SimulatedUnits();
  readonly down = new Set<string>();
  /** The clouds of consumers that are still being queried. */
  readonly slow = new Set<string>();
  readonly #projects = new Map<string, string>();
  /** True when the build cloud does not list new images from now on. */
  isHiding = false;
  readonly hidden = new Set<string>();
  /** True when the build cloud has lost or hidden an image. */
  hasMissing = false;
  readonly startedBuilds: { readonly imageName: string; readonly reason: string }[] = [];
  /** The faults found so far. */
  readonly faults: string[] = [];
  /** Returns the project of an entry of clouds.yaml. */
  readonly #projectOf: (cloudId: string) => string;
  #made = 0;

  constructor(projectOf: (cloudId: string) => string) {
    this.#projectOf = projectOf;
  }

  imagesOf(cloudId: string): ObservedImage[] {
    const project = this.#projectOf(cloudId);
    const images = this.images.get(project) ?? [];
    this.images.set(project, images);
    return images;
  }

  /** Observes the clouds and returns the input of the next plan. */
  input(): PlanInput {
    const observation = structuredClone(this.#observe());
    const ongoing = this.jobs.map(({ entry, buildId, startedAt }) => jobOf(entry, buildId, startedAt));
    const known = rememberListed(this.journal, this.desired, { observation, ongoing });
    this.journal = rememberAnswered(known, this.desired);
    return {
      ...{ intervalHours: INTERVAL_HOURS, version: '1.0.0', now: this.now, observation, ongoing },
      calendar: calendarAt(this.schedule, this.now),
      ...{ credentials: this.credentials, journal: this.journal, desired: copyDesired(this.desired) },
      reportedIds: listReportedIds(this.built),
      projects: this.#projects,
    };
  }

  #observe(): NonNullable<PlanInput['observation']> {
    const clouds = ['builder', ...this.desired.consumers.map(({ cloudId }) => cloudId)];
    const answered = clouds.filter((cloudId) => !this.slow.has(cloudId));
    for (const cloudId of answered)
      if (!this.down.has(cloudId)) this.#projects.set(cloudId, this.#projectOf(cloudId));
    return answered.map((cloudId) => {
      const images = this.imagesOf(cloudId).filter(({ id }) => !this.hidden.has(id));
      const seen = this.down.has(cloudId) ? undefined : images;
      const layers = cloudId === 'builder' && !this.isHiding ? this.layers.listed : [];
      return observeCloud(cloudId, this.#projectOf(cloudId), seen, layers);
    });
  }

  /** Starts the jobs of a plan and writes the report for the charm. */
  start(plan: Plan): void {
    for (const entry of plan) if (isSimulated(entry)) this.#startJob(entry);
    const ongoing = this.jobs.map((job) => ({ ...job, step: '' }));
    const { desired, journal } = this;
    const observation = structuredClone(this.#observe());
    this.#reportedSteering = desired.steering;
    this.built = deriveBuilt(this.built, {
      ...{ desired, journal, observation, plan, ongoing, batch: { done: 0, total: 0 } },
    });
    const reported = new Set(listReportedIds(this.built));
    const layers = listReportedIds(this.built).filter((id) => this.layers.ids.includes(id));
    this.faults.push(...layers.map((id) => `the layer ${id} is offered to consumers`));
    const doomed = ongoing.flatMap(({ deletableIds = [] }) => deletableIds).filter((id) => reported.has(id));
    this.faults.push(...doomed.map((id) => `${id} is offered while a prune may delete it`));
  }

  /** Returns the newest image of one name in the build cloud. */
  findNewest(imageName: string): ObservedImage | undefined {
    return this.imagesOf('builder').findLast(({ name, status }) => name === imageName && status === 'active');
  }

  /** Simulates a dispatch of the charm, which publishes images and confirms what it reads back from the databags. */
  dispatch(): void {
    const { built, desired } = this;
    const databags = new Map<number, readonly string[]>();
    const published = desired.consumers.map(({ relationId, cloudId, unit }) => {
      const isPaused = isConsumerPaused(desired.steering, applicationOf({ unit }));
      const before = desired.published?.find((each) => each.relationId === relationId);
      const found = this.databags.get(relationId) ?? [];
      const { wanted, publication } = publishReport({ relationId, cloudId, built, before, found, isPaused });
      const isFree = (imageName: string): boolean =>
        [desired.steering, this.#reportedSteering].every((each) => findPin(each, imageName) === undefined);
      const known = (before?.sources ?? []).filter(({ imageName }) => isFree(imageName));
      this.faults.push(...findStepsBack(this.imagesOf(cloudId), this.#origins, { found, wanted, known }));
      databags.set(relationId, wanted);
      return publication;
    });
    this.databags = databags;
    const answered = built?.answered ?? [];
    const requests = desired.requests.filter(({ action }) => !answered.includes(action));
    this.desired = { ...desired, published, requests, otherUnits: this.units.others };
  }

  /** The creation times of sources, by the ids of images. */
  readonly #origins = new Map<string, number>();

  /** Simulates a consumer that puts images with wrong properties into its own project. */
  forge(cloudId: string, how: 'upload' | 'edit'): void {
    this.#made += 1;
    forgeImage(this.imagesOf(cloudId), how, uuidOf(`forged${this.#made}`), this.glanceNow + 9000 * HOUR);
  }

  /** The published image ids, by relation id. */
  databags: ReadonlyMap<number, readonly string[]> = new Map();

  end(job: SimulatedJob, isGood: boolean): void {
    this.jobs = this.jobs.filter((other) => other !== job);
    const { entry } = job;
    const succeeds = isGood && !this.down.has('builder');
    switch (entry.act) {
      case 'prepare':
        return this.record(job, { kind: 'prepare', subject: entry.base, cloudId: '' }, succeeds);
      case 'layer':
        return this.#endLayer(job, succeeds);
      case 'build':
        return this.#endBuild(job, entry.uploadTo, succeeds);
      case 'copy':
        return this.#copy(job, entry.imageId, entry.uploadTo, succeeds);
      case 'prune':
        return this.#endPrune(job, isGood && !this.down.has(entry.cloudId));
      case 'sweep':
        if (succeeds) this.journal = forgetDied(this.journal, job.startedAt, this.now);
        return this.record(job, { kind: 'sweep', subject: job.subject, cloudId: '' }, succeeds);
    }
  }

  /** Makes all clouds answer and list all images. */
  recover(): void {
    this.down.clear();
    this.slow.clear();
    this.isHiding = false;
    this.hidden.clear();
  }

  advance(hours: number): void {
    this.now += hours * HOUR;
    this.glanceNow += hours * HOUR;
  }

  #startJob(entry: SimulatedJob['entry']): void {
    this.#made += 1;
    const requested = entry.act === 'build' ? entry.buildId : undefined;
    const job = jobOf(entry, requested ?? `job${this.#made}`, this.now);
    const { subject } = job;
    if (entry.act === 'build') this.startedBuilds.push({ imageName: subject, reason: entry.reason });
    this.faults.push(...this.layers.checkStart(entry, this.desired));
    if (entry.reason.includes('only other revisions exist') && !this.hasMissing)
      this.faults.push(`${subject} is replaced without a reason: no image is missing`);
    const deletions =
      entry.act === 'prune' ? findDeletions(entry, this.imagesOf(entry.cloudId), this.desired) : [];
    this.jobs = [...this.jobs, { ...job, entry, desired: this.desired, deletions }];
  }

  #endLayer(job: SimulatedJob, isGood: boolean): void {
    const { entry, buildId } = job;
    if (entry.act !== 'layer') return;
    const succeeds = isGood && this.layers.has(entry.layerId) && !this.layers.faults.has('broken');
    if (succeeds) {
      this.#made += 1;
      this.glanceNow += 1;
      const id = `layer${this.#made}`;
      this.layers.add(entry, job.desired, { id, buildId, now: this.glanceNow });
    }
    this.record(job, { kind: 'layer', subject: entry.name, cloudId: '' }, succeeds);
  }

  #endBuild(job: SimulatedJob, uploadTo: readonly string[], isGood: boolean): void {
    const succeeds = isGood && this.layers.has(job.layerId);
    const runConfig = encodeInputs(job.desired, job.subject);
    const id = succeeds ? this.#makeImage('builder', job, { runConfig }) : undefined;
    const settings = settingsOf(job.desired, 'build', job.subject);
    const build = { buildId: job.buildId, at: this.now, settings };
    if (succeeds) this.journal = rememberBuild(this.journal, job.subject, build);
    this.record(job, { kind: 'build', subject: job.subject, cloudId: '' }, succeeds);
    this.journal = rememberEnded(this.journal, job.buildId);
    if (id !== undefined) this.#copy(job, id, uploadTo, true);
  }

  /** Copies an image to each cloud separately. */
  #copy(job: SimulatedJob, sourceImageId: string, uploadTo: readonly string[], succeeds: boolean): void {
    const source = this.imagesOf('builder').find(({ id }) => id === sourceImageId);
    for (const cloudId of uploadTo) {
      const arrives = succeeds && source !== undefined && !this.down.has(cloudId);
      const { runConfig, buildId = '' } = source ?? {};
      if (arrives) this.#makeImage(cloudId, job, { runConfig, buildId, sourceImageId });
      this.record(job, { kind: 'copy', subject: job.subject, cloudId }, arrives);
    }
  }

  #makeImage(cloudId: string, job: SimulatedJob, made: Partial<ObservedImage>): string {
    this.#made += 1;
    this.glanceNow += 1;
    const id = uuidOf(`image${this.#made}`);
    if (this.isHiding && cloudId === 'builder') this.hidden.add(id);
    const createdAt = new Date(this.glanceNow).toISOString();
    this.#origins.set(id, this.#origins.get(made.sourceImageId ?? '') ?? this.glanceNow);
    this.imagesOf(cloudId).push({
      ...{ id, name: job.subject, status: 'active', createdAt, buildId: job.buildId, isPublished: false },
      ...{ runConfig: undefined, sourceImageId: undefined, ...made },
    });
    return id;
  }

  #endPrune(job: SimulatedJob, succeeds: boolean): void {
    const { entry, deletions } = job;
    if (entry.act !== 'prune') return;
    const { cloudId, imageName, publishedIds } = entry;
    const published = new Set([...this.databags.values(), this.units.publishedElsewhere].flat());
    const images = this.imagesOf(cloudId);
    if (isLayerName(imageName))
      this.faults.push(...this.layers.delete(entry.deletableIds, succeeds, this.jobs));
    else if (succeeds) {
      const kept = images.filter(({ id }) => !deletions.includes(id));
      this.faults.push(
        ...deletions.filter((id) => published.has(id)).map((id) => `${id} is published and was pruned`),
        ...images
          .filter(({ id, name, buildId }) => {
            const pin = findPin(job.desired.steering, name);
            return deletions.includes(id) && pin === buildId;
          })
          .map(({ id }) => `${id} is pinned and was pruned`),
      );
      const mark = (image: ObservedImage): ObservedImage =>
        image.name === imageName ? { ...image, isPublished: publishedIds.includes(image.id) } : image;
      images.splice(0, images.length, ...kept.map(mark));
    }
    this.record(job, { kind: 'prune', subject: imageName, cloudId }, succeeds);
  }

  record(job: SimulatedJob, key: JobKey, succeeds: boolean): void {
    const { buildId, deletableIds } = job;
    const times = this.layers.timesOf(job);
    const settings = settingsOf(job.desired, key.kind, key.subject);
    const done = { ...key, buildId, settings, now: this.now, deletableIds, times };
    this.journal = succeeds
      ? rememberSuccess(this.journal, done)
      : rememberFailure(this.journal, {
          ...{ ...key, settings, now: this.now, errorKind: 'build', message: 'simulated failure' },
          ...{ intervalHours: INTERVAL_HOURS, random01: 0.5 },
        });
  }
}
