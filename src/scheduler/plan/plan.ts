import type { Observation } from '../../model/observation.ts';
import { planBuilds } from './plan-builds.ts';
import { type Clouds, type Project, groupClouds, isSeen } from './plan-clouds.ts';
import { planCopies } from './plan-copies.ts';
import { type Plan, type PlanEntry, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';
import { limitJobs } from './plan-limits.ts';
import { planPrunes } from './plan-prunes.ts';
import { shorten } from './plan-words.ts';

export type { Plan, PlanEntry, PlanInput } from './plan-entry.ts';

/**
 * What is wanted less what there is, each with its reason. The same input gives the same plan; an entry that was
 * carried out, and one that runs, is not in the next one.
 */
export function planWork(input: PlanInput): Plan {
  const { observation } = input;
  const idle = explainRest(input);
  if (idle !== undefined) return [skip('all', 'all', idle)];
  if (observation === undefined) return [skip('all', 'all', 'the clouds were not asked')];
  return planClouds(input, observation);
}

/** Why nothing is done at all. */
function explainRest({ credentials, desired }: PlanInput): string | undefined {
  switch (credentials) {
    case 'missing':
      return 'waiting for credentials: none are installed';
    case 'outdated':
      return 'waiting for credentials: newer ones are to be installed';
    case 'ready':
      if (desired.consumers.length === 0) return 'no consumer with complete credentials';
      return desired.role === 'works' ? undefined : `stands by: ${desired.application}/leader builds`;
  }
}

function planClouds(input: PlanInput, observation: Observation): Plan {
  const clouds = groupClouds(input.desired, observation);
  const { build } = clouds;
  const work = isSeen(build)
    ? planImages(build, clouds, input)
    : [skip('cloud', build.cloudId, `build cloud ${build.cloudId}: ${shorten(build.message)}`)];
  const unseen = clouds.unseen.map(({ cloudId, message }): SkippedEntry =>
    skip('cloud', cloudId, `cloud ${cloudId}: ${shorten(message)}`),
  );
  return limitJobs([...work, ...unseen, ...planPrunes(clouds, work, input)], input);
}

function planImages(build: Project, clouds: Clouds, input: PlanInput): readonly PlanEntry[] {
  const builds = planBuilds(build, clouds, input);
  return [...builds, ...planCopies(build, clouds.others, builds, input)];
}
