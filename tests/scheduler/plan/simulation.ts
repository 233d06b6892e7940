import { encodeBuildInputs } from '../../../src/model/build-inputs.ts';
import type { Built } from '../../../src/model/built.ts';
import { type DesiredState, numRevisionsOf } from '../../../src/model/desired-state.ts';
import type { ObservedImage } from '../../../src/model/observation.ts';
import type { OngoingJob } from '../../../src/model/ongoing-job.ts';
import { planPrune } from '../../../src/model/prune.ts';
import {
  type JobKey,
  rememberAnswered,
  rememberEnded,
  rememberFailure,
  rememberSuccess,
} from '../../../src/scheduler/journal/back-off.ts';
import { deriveBuilt } from '../../../src/scheduler/report/derive-built.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../src/scheduler/journal/journal.ts';
import type { Plan, PlanEntry, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { copyDesired, desiredState } from '../desired-fixtures.ts';
import { HOUR, NOW } from './plan-fixtures.ts';

const INTERVAL_HOURS = 24;

/** A running job and the state at its start. */
interface SimulatedJob extends OngoingJob {
  readonly entry: Exclude<PlanEntry, { readonly act: 'skip' }>;
  readonly desired: DesiredState;
  /** The ids that a prune found to delete when it listed the images. */
  readonly deletions: readonly string[];
}

/** Simulates clouds, daemon and charm without processes. Jobs change lists of images. */
export class Simulation {
  now = NOW;
  glanceNow = NOW;
  credentials: PlanInput['credentials'] = 'ready';
  journal: Journal = EMPTY_JOURNAL;
  desired: DesiredState = desiredState({ consumers: [], published: [] });
  jobs: readonly SimulatedJob[] = [];
  built: Built | undefined;
  readonly images = new Map<string, ObservedImage[]>();
  readonly down = new Set<string>();
  /** True when the build cloud does not list new images from now on. */
  isHiding = false;
  readonly hidden = new Set<string>();
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

  input(): PlanInput {
    const seen = structuredClone({
      ...{ intervalHours: INTERVAL_HOURS, version: '1.0.0', now: this.now },
      ...{ credentials: this.credentials, journal: this.journal },
      ongoing: this.jobs.map(({ kind, buildId, subject, cloudIds, reason, startedAt }) => ({
        ...{ kind, buildId, subject, cloudIds, reason, startedAt },
      })),
      observation: this.#observe(),
    });
    return { ...seen, desired: copyDesired(this.desired) };
  }

  #observe(): NonNullable<PlanInput['observation']> {
    const clouds = ['builder', ...this.desired.consumers.map(({ cloudId }) => cloudId)];
    return clouds.map((cloudId) =>
      this.down.has(cloudId)
        ? ({ cloudId, state: 'failed', kind: 'unavailable', message: 'down' } as const)
        : ({
            ...{ cloudId, state: 'seen', projectKey: this.#projectOf(cloudId) },
            images: this.imagesOf(cloudId)
              .filter(({ id }) => !this.hidden.has(id))
              .toReversed(),
          } as const),
    );
  }

  /** Starts the jobs of a plan and writes the report for the charm. */
  start(plan: Plan): void {
    this.journal = rememberAnswered(this.journal, this.desired);
    for (const entry of plan) if (entry.act !== 'skip') this.#startJob(entry);
    const ongoing = this.jobs.map((job) => ({ ...job, step: '' }));
    const { desired, journal } = this;
    const observation = structuredClone(this.#observe());
    this.built = deriveBuilt(this.built, {
      ...{ desired, journal, observation, plan, ongoing, batch: { done: 0, total: 0 } },
    });
  }

  /** Simulates a dispatch of the charm, which publishes images and confirms what it reads back from the databags. */
  dispatch(): void {
    const { built, desired } = this;
    const published = desired.consumers.map(({ relationId, cloudId }) => {
      const report = built?.clouds.find((each) => each.cloudId === cloudId);
      const before = desired.published?.find((each) => each.relationId === relationId)?.imageIds ?? [];
      const found = this.databags.get(relationId) ?? [];
      const hasImages = report !== undefined && report.failure === undefined && report.images.length > 0;
      const wanted = hasImages ? report.images.map(({ imageId }) => imageId) : found;
      const isConfirmed = JSON.stringify(found) === JSON.stringify(wanted);
      this.databags.set(relationId, wanted);
      const imageIds = isConfirmed ? wanted : [...new Set([...before, ...found, ...wanted])];
      return { relationId, imageIds, isConfirmed };
    });
    const answered = built?.answered ?? [];
    const requests = desired.requests.filter(({ action }) => !answered.includes(action));
    for (const id of [...this.databags.keys()]) {
      if (!desired.consumers.some(({ relationId }) => relationId === id)) this.databags.delete(id);
    }
    this.desired = { ...desired, published, requests };
  }

  /** The published image ids, by relation id. */
  readonly databags = new Map<number, readonly string[]>();

  end(job: SimulatedJob, isGood: boolean): void {
    this.jobs = this.jobs.filter((other) => other !== job);
    const { entry } = job;
    const succeeds = isGood && !this.down.has('builder');
    switch (entry.act) {
      case 'prepare':
        return this.#record(job, { kind: 'prepare', subject: entry.base, cloudId: '' }, succeeds);
      case 'build':
        return this.#endBuild(job, entry.uploadTo, succeeds);
      case 'copy':
        return this.#copy(job, entry.imageId, entry.uploadTo, succeeds);
      case 'prune':
        return this.#endPrune(job, isGood && !this.down.has(entry.cloudId));
    }
  }

  /** Makes all clouds answer and list all images. */
  recover(): void {
    this.down.clear();
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
    const subject = entry.act === 'prepare' ? entry.base : entry.imageName;
    if (entry.act === 'build') this.startedBuilds.push({ imageName: subject, reason: entry.reason });
    this.jobs = [
      ...this.jobs,
      {
        ...{ kind: entry.act, subject, entry, reason: entry.reason, startedAt: this.now },
        ...{ buildId: requested ?? `job${this.#made}`, desired: this.desired },
        cloudIds: entry.act === 'prune' ? [entry.cloudId] : entry.act === 'prepare' ? [] : entry.uploadTo,
        deletions: entry.act === 'prune' ? this.#findDeletions(entry) : [],
      },
    ];
  }

  #endBuild(job: SimulatedJob, uploadTo: readonly string[], succeeds: boolean): void {
    const { runnerVersion = '', scriptDigest = '' } = job.desired.images.get(job.subject)?.image ?? {};
    const runConfig = encodeBuildInputs({
      ...{ charm: '1.0.0', runner: runnerVersion || 'latest', script: scriptDigest || 'none', base: '' },
    });
    const id = succeeds ? this.#makeImage('builder', job, { runConfig }) : undefined;
    this.#record(job, { kind: 'build', subject: job.subject, cloudId: '' }, succeeds);
    this.journal = rememberEnded(this.journal, job.buildId);
    if (id !== undefined) this.#copy(job, id, uploadTo, true);
  }

  /** Copies an image to each cloud separately. */
  #copy(job: SimulatedJob, sourceImageId: string, uploadTo: readonly string[], succeeds: boolean): void {
    const source = this.imagesOf('builder').find(({ id }) => id === sourceImageId);
    for (const cloudId of uploadTo) {
      const arrives = succeeds && source !== undefined && !this.down.has(cloudId);
      const { runConfig } = source ?? { runConfig: undefined };
      if (arrives) this.#makeImage(cloudId, job, { runConfig, sourceImageId });
      this.#record(job, { kind: 'copy', subject: job.subject, cloudId }, arrives);
    }
  }

  #makeImage(cloudId: string, job: SimulatedJob, made: Partial<ObservedImage>): string {
    this.#made += 1;
    this.glanceNow += 1;
    const id = `image${this.#made}`;
    if (this.isHiding && cloudId === 'builder') this.hidden.add(id);
    const createdAt = new Date(this.glanceNow).toISOString();
    this.imagesOf(cloudId).push({
      ...{ id, name: job.subject, status: 'active', createdAt, buildId: job.buildId, isPublished: false },
      ...{ runConfig: undefined, sourceImageId: undefined, ...made },
    });
    return id;
  }

  #findDeletions({
    cloudId,
    imageName,
    publishedIds,
  }: Extract<PlanEntry, { act: 'prune' }>): readonly string[] {
    const images = this.imagesOf(cloudId).filter(({ name }) => name === imageName);
    const revisions = images.toReversed().map(({ id, status }) => ({ id, status, properties: {} }));
    const decisions = planPrune(revisions, numRevisionsOf(this.desired, imageName), new Set(publishedIds));
    return decisions.flatMap(({ image, shouldDelete }) => (shouldDelete ? [image.id] : []));
  }

  #endPrune(job: SimulatedJob, succeeds: boolean): void {
    const { entry, deletions } = job;
    if (entry.act !== 'prune') return;
    const { cloudId, imageName, publishedIds } = entry;
    const published = new Set([...this.databags.values()].flat());
    const images = this.imagesOf(cloudId);
    if (succeeds) {
      const kept = images.filter(({ id }) => !deletions.includes(id));
      this.faults.push(
        ...deletions.filter((id) => published.has(id)).map((id) => `${id} is published and was pruned`),
      );
      const mark = (image: ObservedImage): ObservedImage =>
        image.name === imageName ? { ...image, isPublished: publishedIds.includes(image.id) } : image;
      images.splice(0, images.length, ...kept.map(mark));
    }
    this.#record(job, { kind: 'prune', subject: imageName, cloudId }, succeeds);
  }

  #record(job: SimulatedJob, key: JobKey, succeeds: boolean): void {
    const settings = settingsOf(job.desired, key.kind, key.subject);
    this.journal = succeeds
      ? rememberSuccess(this.journal, { ...key, settings, now: this.now })
      : rememberFailure(this.journal, {
          ...{ ...key, settings, now: this.now, errorKind: 'build', message: 'simulated failure' },
          ...{ intervalHours: INTERVAL_HOURS, random01: 0.5 },
        });
  }
}
