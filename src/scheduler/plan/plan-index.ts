import type { PlanInput } from './plan-entry.ts';
import { type ProtectedIds, listProtectedIds } from './plan-offers.ts';
import { type SettingsOf, indexSettings } from './plan-settings.ts';

/** The input of a plan, and what many of its entries need, derived once. */
export interface PlanIndex extends PlanInput, ProtectedIds {
  readonly settingsOf: SettingsOf;
  /** By image: the oldest requested build of it that has neither started nor ended. */
  readonly requested: ReadonlyMap<string, { readonly action: string; readonly buildId: string }>;
}

/** Derives what many entries of one plan need. */
export function indexInput(input: PlanInput): PlanIndex {
  const settingsOf = indexSettings(input.desired);
  return { ...input, ...listProtectedIds(input), settingsOf, requested: findRequests(input) };
}

function findRequests({ desired, journal, ongoing }: PlanInput): PlanIndex['requested'] {
  const closed = new Set([...journal.endedBuilds, ...ongoing.map(({ buildId }) => buildId)]);
  const open = desired.requests
    .filter(({ action }) => !journal.answered.includes(action))
    .flatMap(({ action, builds }) => builds.map((build) => ({ action, ...build })))
    .filter(({ buildId }) => !closed.has(buildId));
  return new Map(open.toReversed().map((request) => [request.imageName, request]));
}
