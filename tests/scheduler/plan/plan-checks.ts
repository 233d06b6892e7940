import { isDeepStrictEqual } from 'node:util';
import { numRevisionsOf } from '../../../src/model/desired-state.ts';
import type { ObservedImage } from '../../../src/model/observation.ts';
import { planPrune } from '../../../src/model/prune.ts';
import type { JobKey } from '../../../src/scheduler/journal/back-off.ts';
import { failureKey } from '../../../src/scheduler/journal/journal.ts';
import type { Plan, PlanEntry, PlanInput, PruneEntry } from '../../../src/scheduler/plan/plan-entry.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { copyDesired } from '../desired-fixtures.ts';

export type Planner = (input: PlanInput) => Plan;

type Act<A extends PlanEntry['act']> = Extract<PlanEntry, { readonly act: A }>;

function pick<A extends PlanEntry['act']>(plan: Plan, act: A): readonly Act<A>[] {
  return plan.filter((entry): entry is Act<A> => entry.act === act);
}

/** Returns the faults of one plan. The checks do not depend on how a planner decides. */
export function checkPlan(plan: Plan, planner: Planner, input: PlanInput): readonly string[] {
  const { desired, ...other } = input;
  const copy = { ...structuredClone(other), desired: copyDesired(desired) };
  const isSame = isDeepStrictEqual(plan, planner(copy));
  return [
    ...(isSame ? [] : ['the same input gives two plans']),
    ...checkReadiness(plan, input),
    ...checkBuilds(plan, input),
    ...checkSlots(plan, input),
    ...checkBackOff(plan, input),
    ...checkDestinations(plan, input),
    ...pick(plan, 'prune').flatMap((entry) => checkPrune(entry, plan, input)),
    ...plan
      .filter(({ reason }) => reason === '' || reason.length > 250)
      .map(() => 'a reason is empty or too long'),
  ];
}

function checkReadiness(plan: Plan, { credentials, desired, observation }: PlanInput): readonly string[] {
  const acts = plan.filter(({ act }) => act !== 'skip');
  const mayAct = credentials === 'ready' && desired.consumers.length > 0 && observation !== undefined;
  if (acts.length > 0 && !mayAct) return ['it acts without credentials or consumers'];
  const isBuildSeen = stateOf('builder', { observation }) === 'seen';
  return isBuildSeen || acts.length === 0 ? [] : ['it acts although the build cloud failed'];
}

function checkBuilds(plan: Plan, { ongoing, journal, desired }: PlanInput): readonly string[] {
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
      .filter(({ buildId }) => buildId !== undefined && journal.endedBuilds.includes(buildId))
      .map(() => 'one request is built twice'),
  ];
}

function checkSlots(plan: Plan, { ongoing, desired }: PlanInput): readonly string[] {
  const running = ongoing.filter(({ kind }) => kind === 'build' || kind === 'prepare').length;
  const starting = pick(plan, 'build').length + pick(plan, 'prepare').length;
  const isTooMany = starting > 0 && running + starting > desired.maxParallel;
  return isTooMany ? [`${running} run and ${starting} start`] : [];
}

function checkBackOff(plan: Plan, { journal, desired, now }: PlanInput): readonly string[] {
  const keys = plan.flatMap((entry): readonly JobKey[] => {
    switch (entry.act) {
      case 'build':
        return entry.buildId === undefined ? [{ kind: 'build', subject: entry.imageName, cloudId: '' }] : [];
      case 'prepare':
        return [{ kind: 'prepare', subject: entry.base, cloudId: '' }];
      case 'copy':
        return entry.uploadTo.map((cloudId) => ({ kind: 'copy', subject: entry.imageName, cloudId }));
      case 'prune':
        return [{ kind: 'prune', subject: entry.imageName, cloudId: entry.cloudId }];
      case 'skip':
        return [];
    }
  });
  return keys
    .filter((key) => {
      const failure = journal.failures[failureKey(key)];
      if (failure?.settings !== settingsOf(desired, key.kind, key.subject)) return false;
      return Date.parse(failure.failedAt) <= now && now < Date.parse(failure.nextAttemptAt);
    })
    .map((key) => `${failureKey(key)} is tried during its back-off`);
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
  const { imageName, cloudId, publishedIds } = entry;
  const { desired, ongoing } = input;
  const published = desired.published ?? [];
  const project = projectOf(cloudId, input);
  const twins = pick(plan, 'prune').filter(
    (other) => other.imageName === imageName && projectOf(other.cloudId, input) === project,
  );
  const images = imagesOf(cloudId, input).filter(({ name }) => name === imageName);
  const revisions = images.map(({ id, status }) => ({ id, status, properties: {} }));
  const deletions = planPrune(revisions, numRevisionsOf(desired, imageName), new Set(publishedIds))
    .filter(({ shouldDelete }) => shouldDelete)
    .map(({ image }) => image.id);
  const isPublished = published.flatMap(({ imageIds }) => imageIds).some((id) => deletions.includes(id));
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
    ...(isPublished ? ['it prunes published images'] : []),
    ...(isBusy ? ['it prunes a cloud in use'] : []),
  ];
}

function stateOf(cloudId: string, { observation }: Pick<PlanInput, 'observation'>): string | undefined {
  return observation?.find((cloud) => cloud.cloudId === cloudId)?.state;
}

function projectOf(cloudId: string, { observation }: PlanInput): string {
  const cloud = observation?.find((each) => each.cloudId === cloudId);
  return cloud?.state === 'seen' ? cloud.projectKey : 'unseen';
}

function imagesOf(cloudId: string, { observation }: PlanInput): readonly ObservedImage[] {
  const cloud = observation?.find((each) => each.cloudId === cloudId);
  return cloud?.state === 'seen' ? cloud.images : [];
}
