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
 * Computes the difference between the desired and the observed state. Every entry carries a reason. The same input
 * gives the same plan. Running and finished jobs are not planned again.
 */
export function planWork(input: PlanInput): Plan {
  const { observation } = input;
  const idle = explainIdle(input);
  if (idle !== undefined) return [skip('all', 'all', idle)];
  if (observation === undefined) return [skip('all', 'all', 'the clouds were not queried')];
  return planClouds(input, observation);
}

/** Returns the reason to do nothing at all, if there is one. */
function explainIdle({ credentials, desired }: PlanInput): string | undefined {
  switch (credentials) {
    case 'missing':
      return 'waiting for credentials: none are installed';
    case 'outdated':
      return 'waiting for credentials: the installed ones are outdated';
    case 'ready':
      if (desired.consumers.length === 0) return 'no consumer with complete credentials';
      return desired.role === 'works'
        ? undefined
        : `on standby: ${desired.application}/leader builds the images`;
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
