import { isDeepStrictEqual } from 'node:util';
import { numRevisionsOf } from '../../../src/model/unit/desired-state.ts';
import type { ObservedImage } from '../../../src/model/observation.ts';
import { type JobKey, failureKey } from '../../../src/scheduler/journal/journal.ts';
import type { Plan, PlanEntry, PlanInput, PruneEntry } from '../../../src/scheduler/plan/plan-entry.ts';
import { SWEEP_SUBJECT } from '../../../src/model/job/to-ongoing-job.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { isLayerName } from '../../../src/model/image/layers.ts';
import { checkLayerPrune, checkLayers } from './layer-checks.ts';
import { HOUR } from './plan-fixtures.ts';

export type Planner = (input: PlanInput) => Plan;

type Act<A extends PlanEntry['act']> = Extract<PlanEntry, { readonly act: A }>;

export function pick<A extends PlanEntry['act']>(plan: Plan, act: A): readonly Act<A>[] {
  return plan.filter((entry): entry is Act<A> => entry.act === act);
}

/** Returns the faults of one plan. The checks do not depend on how a planner decides. */
export function checkPlan(plan: Plan, planner: Planner, input: PlanInput): readonly string[] {
  const { desired, ...other } = input;
  const copy = { ...structuredClone(other), desired };
  const isSame = isDeepStrictEqual(plan, planner(copy));
  return [
    ...(isSame ? [] : ['the same input gives two plans']),
    ...checkReadiness(plan, input),
    ...checkBuilds(plan, input),
    ...checkSlots(plan, input),
    ...checkBackOff(plan, input),
    ...checkWindow(plan, input),
    ...checkDestinations(plan, input),
    ...checkSteering(plan, input),
    ...checkLayers(plan, input),
    ...pick(plan, 'prune').flatMap((entry) => checkPrune(entry, plan, input)),
    ...plan
      .filter(({ reason }) => reason === '' || reason.length > 250)
      .map(() => 'a reason is empty or too long'),
  ];
}

function checkReadiness(plan: Plan, { credentials, desired, observation }: PlanInput): readonly string[] {
  const acts = plan.filter(({ act }) => act !== 'skip' && act !== 'sweep');
  const mayAct = credentials === 'ready' && desired.consumers.length > 0 && observation !== undefined;
  if (acts.length > 0 && !mayAct) return ['it acts without credentials or consumers'];
  const isBuildSeen = stateOf('builder', { observation }) === 'seen';
  return isBuildSeen || acts.length === 0 ? [] : ['it acts although the build cloud failed'];
}

export function hasFailed(imageName: string, { journal, desired }: PlanInput): boolean {
  const failure = journal.failures[failureKey({ kind: 'build', subject: imageName, cloudId: '' })];
  return failure?.settings === settingsOf(desired, 'build', imageName);
}

function checkBuilds(plan: Plan, input: PlanInput): readonly string[] {
  const { ongoing, journal, desired } = input;
  const existing = new Set(
    imagesOf('builder', input).flatMap(({ buildId, status }) => (status === 'active' ? [buildId] : [])),
  );
  const builds = pick(plan, 'build');
  const names = builds.map(({ imageName }) => imageName);
  const bases = pick(plan, 'prepare').map(({ base }) => base);
  const isRunning = (kind: string, subject: string): boolean =>
    ongoing.some((job) => job.kind === kind && job.subject === subject);
  return [
    ...(new Set(names).size === names.length ? [] : ['two builds of one image start']),
    ...names
      .filter((name) => isRunning('build', name))
      .map((name) => `${name} is built twice at the same time`),
    ...builds
      .filter(({ imageName }) => isRunning('prepare', desired.images.get(imageName)?.image.base ?? ''))
      .map(() => 'an image is built on a base that is being prepared'),
    ...bases
      .filter((base) => isRunning('prepare', base))
      .map((base) => `${base} is prepared twice at the same time`),
    ...builds
      .filter(
        ({ buildId }) =>
          buildId !== undefined && (journal.endedBuilds.includes(buildId) || existing.has(buildId)),
      )
      .map(() => 'one request is built twice'),
    ...plan
      .filter((entry) => entry.act === 'skip' && entry.cause === 'fresh' && hasFailed(entry.subject, input))
      .map(({ reason }) => `a failed build is not retried: ${reason}`),
  ];
}

function checkSlots(plan: Plan, { ongoing, desired }: PlanInput): readonly string[] {
  const kinds = ['build', 'layer', 'prepare'];
  const running = ongoing.filter(({ kind }) => kinds.includes(kind)).length;
  const starting = plan.filter(({ act }) => kinds.includes(act)).length;
  const isTooMany = starting > 0 && running + starting > desired.maxParallel;
  return isTooMany ? [`${running} run and ${starting} start`] : [];
}

function checkBackOff(plan: Plan, { journal, desired, intervalHours, now }: PlanInput): readonly string[] {
  const keys = plan.flatMap((entry): readonly JobKey[] => {
    switch (entry.act) {
      case 'build':
        return entry.buildId === undefined ? [{ kind: 'build', subject: entry.imageName, cloudId: '' }] : [];
      case 'prepare':
        return [{ kind: 'prepare', subject: entry.base, cloudId: '' }];
      case 'layer':
        return [{ kind: 'layer', subject: entry.name, cloudId: '' }];
      case 'copy':
        return entry.uploadTo.map((cloudId) => ({ kind: 'copy', subject: entry.imageName, cloudId }));
      case 'prune':
        return [{ kind: 'prune', subject: entry.imageName, cloudId: entry.cloudId }];
      case 'sweep':
        return [{ kind: 'sweep', subject: SWEEP_SUBJECT, cloudId: '' }];
      case 'preflight':
      case 'trial':
      case 'prune-clouds': // have tests of their own
      case 'skip':
        return [];
    }
  });
  return keys.flatMap((key) => {
    const settings = settingsOf(desired, key.kind, key.subject);
    const failure = journal.failures[failureKey(key)];
    const cancelled = journal.cancelled[failureKey(key)];
    const isFailed =
      failure?.settings === settings &&
      Date.parse(failure.failedAt) <= now &&
      now < Date.parse(failure.nextAttemptAt);

    const isCancelled =
      cancelled?.settings === settings && cancelled.at <= now && now < cancelled.at + intervalHours * HOUR;
    return [
      ...(isFailed ? [`${failureKey(key)} is tried during its back-off`] : []),
      ...(isCancelled ? [`${failureKey(key)} is tried although an action cancelled it`] : []),
    ];
  });
}

/** Returns a fault when a scheduled build of an image that can be served starts outside of the build window. */
function checkWindow(plan: Plan, input: PlanInput): readonly string[] {
  if (input.calendar?.opensAt === undefined) return [];
  const active = imagesOf('builder', input).filter(({ status }) => status === 'active');
  return pick(plan, 'build')
    .filter(({ buildId, reason }) => buildId === undefined && !reason.startsWith('missing'))
    .filter(({ imageName }) => active.some(({ name }) => name === imageName))
    .map(({ imageName }) => `${imageName} is built outside of the build window`);
}

function checkDestinations(plan: Plan, input: PlanInput): readonly string[] {
  return [...pick(plan, 'build'), ...pick(plan, 'copy')].flatMap(({ act, imageName, uploadTo }) => {
    const projects = uploadTo.map((cloudId) => projectOf(cloudId, input));
    const copied = input.ongoing
      .filter((job) => job.kind === 'copy' && job.subject === imageName)
      .flatMap(({ cloudIds }) => cloudIds.map((cloudId) => projectOf(cloudId, input)));
    return [
      ...(projects.includes('unseen') ? [`${act} goes to a cloud that was not seen`] : []),
      ...(projects.includes(projectOf('builder', input)) ? [`${act} goes to the build project`] : []),
      ...(new Set(projects).size === projects.length ? [] : [`${act} goes into one project twice`]),
      ...(act === 'copy' && projects.some((project) => project !== 'unseen' && copied.includes(project))
        ? ['a running copy is started again']
        : []),
    ];
  });
}

function checkPrune(entry: PruneEntry, plan: Plan, input: PlanInput): readonly string[] {
  const { imageName, cloudId, deletableIds, protectedIds } = entry;
  if (isLayerName(imageName)) return checkLayerPrune(entry, plan, input);
  const { desired, ongoing } = input;
  const published = desired.published ?? [];
  const project = projectOf(cloudId, input);
  const twins = pick(plan, 'prune').filter(
    (other) => other.imageName === imageName && projectOf(other.cloudId, input) === project,
  );
  const images = imagesOf(cloudId, input).filter(
    ({ name, status }) => name === imageName && status === 'active',
  );
  const newest = images.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).map(({ id }) => id);
  const old = newest.slice(numRevisionsOf(desired, imageName));
  const publishedIds = [...published, ...desired.otherUnits].flatMap(({ imageIds = [] }) => imageIds);
  const isDeletable = (id: string): boolean => deletableIds.includes(id);
  const isBusy = ongoing.some(
    (job) =>
      job.subject === imageName &&
      (job.cloudIds.some((id) => projectOf(id, input) === project) ||
        (job.kind !== 'prune' && project === projectOf('builder', input))),
  );
  return [
    ...(project === 'unseen' ? ['it prunes a cloud that was not seen'] : []),
    ...(twins.length > 1 ? ['it prunes one project twice'] : []),
    ...(published.every(({ isConfirmed }) => isConfirmed)
      ? []
      : ['it prunes while a publication is not confirmed']),
    ...(desired.published === undefined ? ['it prunes without knowing what is published'] : []),
    ...(publishedIds.some(isDeletable) ? ['it prunes published images'] : []),
    ...(input.reportedIds.some(isDeletable) ? ['it prunes images that built.json offers'] : []),
    ...(publishedIds.every((id) => protectedIds.includes(id)) ? [] : ['a published image is not protected']),
    ...(deletableIds.every((id) => old.includes(id)) ? [] : ['it prunes one of the newest images']),
    ...(isBusy ? ['it prunes a cloud in use'] : []),
  ];
}

/** Returns the faults against pauses and pins. */
function checkSteering(plan: Plan, input: PlanInput): readonly string[] {
  const { steering, consumers } = input.desired;
  const { isPaused, pausedImages, pausedConsumers, pins } = steering;
  const prunes = pick(plan, 'prune');
  const pinned = (input.observation ?? [])
    .flatMap((cloud) => (cloud.state === 'seen' ? cloud.images : []))
    .filter(({ name, buildId }) => pins.some((pin) => pin.imageName === name && pin.buildId === buildId))
    .map(({ id }) => id);
  const isOpen = (cloudId: string): boolean =>
    consumers.some(
      (each) =>
        projectOf(each.cloudId, input) === projectOf(cloudId, input) &&
        !isPaused &&
        !pausedConsumers.includes(each.unit.split('/')[0] ?? ''),
    );
  const destinations = [...pick(plan, 'build'), ...pick(plan, 'copy')].flatMap(({ uploadTo }) => uploadTo);
  const scheduled = pick(plan, 'build').filter(({ buildId }) => buildId === undefined);
  return [
    ...(scheduled.some(({ imageName }) => isPaused || pausedImages.includes(imageName))
      ? ['a paused image is built']
      : []),
    ...(destinations.every(isOpen) ? [] : ['a paused consumer gets a copy']),
    ...(isPaused && prunes.length > 0 ? ['it prunes while everything is paused'] : []),
    ...(prunes.some(({ deletableIds }) => pinned.some((id) => deletableIds.includes(id)))
      ? ['it prunes a pinned revision']
      : []),
    ...(prunes.every(({ protectedIds }) => pinned.every((id) => protectedIds.includes(id)))
      ? []
      : ['a pinned revision is not protected']),
  ];
}

function stateOf(cloudId: string, { observation }: Pick<PlanInput, 'observation'>): string | undefined {
  return observation?.find((cloud) => cloud.cloudId === cloudId)?.state;
}

function projectOf(cloudId: string, { observation, projects }: PlanInput): string {
  const cloud = observation?.find((each) => each.cloudId === cloudId);
  if (cloud === undefined) return projects?.get(cloudId) ?? 'unseen';
  return cloud.state === 'seen' ? cloud.projectKey : 'unseen';
}

/** Returns the images of a project, which another of its clouds may list. */
function imagesOf(cloudId: string, input: PlanInput): readonly ObservedImage[] {
  const project = projectOf(cloudId, input);
  const cloud = input.observation?.find((each) => each.state === 'seen' && each.projectKey === project);
  return cloud?.state === 'seen' ? cloud.images : [];
}
