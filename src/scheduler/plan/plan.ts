import type { Observation } from '../../model/observation.ts';
import { planBuilds } from './plan-builds.ts';
import { planFormerPrunes, planRequestedPrune } from './prunes/plan-cloud-prunes.ts';
import { type UnseenCloud, groupClouds, isSeen } from './plan-clouds.ts';
import { planCopies } from './plan-copies.ts';
import { type Plan, type PlanInput, type SkippedEntry, skip } from './plan-entry.ts';
import { type PlanIndex, indexInput } from './plan-index.ts';
import { limitJobs } from './plan-limits.ts';
import { listMissing } from './plan-offers.ts';
import { planPrunes } from './prunes/plan-prunes.ts';
import { planSweep } from './plan-sweep.ts';
import { planPreflights, planTrials } from './plan-requests.ts';
import { shorten } from './plan-words.ts';

export type { Plan, PlanEntry, PlanInput } from './plan-entry.ts';

/**
 * Computes the difference between the desired and the observed state. Every entry carries a reason. The same input
 * gives the same plan. Running and finished jobs are not planned again.
 */
export function planWork(input: PlanInput): Plan {
  return [...planPreflights(input), ...planTrials(input), ...planImagesAndPrunes(indexInput(input))];
}

function planImagesAndPrunes(input: PlanIndex): Plan {
  const { observation } = input;
  const idle = explainIdle(input);
  const sweep = planSweep(input);
  if (idle !== undefined) return [...sweep, skip('all', 'all', idle)];
  if (observation === undefined) return [...sweep, skip('all', 'all', 'the clouds were not queried')];
  return [...sweep, ...planClouds(input, observation)];
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

function planClouds(input: PlanIndex, observation: Observation): Plan {
  const clouds = groupClouds(input.desired, observation, input.projects);
  const unseen = clouds.unseen.map((cloud) => skipCloud(cloud, 'cloud'));
  const { build } = clouds;
  if (!isSeen(build)) return [skipCloud(build, 'build cloud'), ...unseen];
  const seen = { ...clouds, build, missing: listMissing(build.images, input) };
  const builds = planBuilds(seen, input);
  const work = [...builds, ...planCopies(seen, builds, input)];
  const requested = planRequestedPrune(seen, work, input);
  const prunes = [...planPrunes(seen, work, input), ...planFormerPrunes(seen, input), ...requested];
  return limitJobs([...work, ...unseen, ...prunes], input);
}

function skipCloud({ cloudId, state, message }: UnseenCloud, what: string): SkippedEntry {
  const cause = state === 'pending' ? 'listing' : 'cloud';
  return skip(cause, cloudId, `${what} ${cloudId}: ${shorten(message)}`);
}
