import { DEFAULT_CONTENT } from '../../../src/model/guest/guest-options.ts';
import { encodeBuildInputs } from '../../../src/model/image/build-inputs.ts';
import type { DesiredState } from '../../../src/model/unit/desired-state.ts';
import type { ObservedCloud, ObservedImage } from '../../../src/model/observation.ts';
import type { OngoingJob } from '../../../src/model/job/ongoing-job.ts';
import { rememberFailure } from '../../../src/scheduler/journal/back-off.ts';
import { EMPTY_JOURNAL, type Journal } from '../../../src/scheduler/journal/journal.ts';
import { settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import type { PlanEntry, PlanInput } from '../../../src/scheduler/plan/plan-entry.ts';
import { planWork } from '../../../src/scheduler/plan/plan.ts';
import { desiredState } from '../desired-fixtures.ts';

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const HOUR = 3_600_000;
export const NOBLE = 'app-noble-x64';
export const JAMMY = 'app-jammy-x64';
const INPUTS = encodeBuildInputs({
  charm: '1.0.0',
  runner: 'latest',
  script: 'none',
  base: '',
  properties: '',
  content: DEFAULT_CONTENT,
  dockerhubCache: '',
});

/** Returns the time some hours before NOW in the format of Glance. */
export function hoursAgo(hours: number): string {
  return new Date(NOW - hours * HOUR).toISOString().replace('.000Z', 'Z');
}

export function image(id: string, changes: Partial<ObservedImage> = {}): ObservedImage {
  return {
    ...{ id, name: NOBLE, status: 'active', createdAt: hoursAgo(1), sourceImageId: undefined },
    ...{ runConfig: INPUTS, buildId: `build-${id}`, isPublished: false },
    ...changes,
  };
}

export function copyOf(source: string, changes: Partial<ObservedImage> = {}): ObservedImage {
  return image(`${source}-copy`, { sourceImageId: source, ...changes });
}

export function seen(cloudId: string, projectKey: string, images: readonly ObservedImage[]): ObservedCloud {
  return { cloudId, state: 'seen', projectKey, images };
}

export function failed(cloudId: string, message = 'no route to host'): ObservedCloud {
  return { cloudId, state: 'failed', kind: 'unavailable', message };
}

export function job(kind: OngoingJob['kind'], subject: string, cloudIds: readonly string[] = []): OngoingJob {
  return { kind, subject, cloudIds, buildId: `${kind}-${subject}`, reason: 'never built', startedAt: NOW };
}

/** Returns the journal entries of bases that were prepared under the settings of `desired`. */
export function preparedOf(
  preparedAt: Journal['preparedAt'],
  desired = desiredState(),
): Pick<Journal, 'preparedAt' | 'preparedUnder'> {
  const bases = Object.keys(preparedAt);
  const under = bases.map((base) => [base, settingsOf(desired, 'prepare', base)] as const);
  return { preparedAt, preparedUnder: Object.fromEntries(under) };
}

/** Returns the journal entry of the last successful build of NOBLE, which ended some hours ago. */
export function builtBefore(
  hours: number,
  buildId: string,
  unlisted = 0,
  desired = desiredState(),
): Pick<Journal, 'built'> {
  const settings = settingsOf(desired, 'build', NOBLE);
  const at = NOW - hours * HOUR;
  return { built: { [NOBLE]: { buildId, at, settings, unlisted, isSuperseded: false } } };
}

/** Returns the input of a plan before the first build. The bases noble and jammy were prepared an hour ago. */
export function planInput(changes: Partial<PlanInput> = {}): PlanInput {
  const desired = changes.desired ?? desiredState();
  return {
    ...{ desired, intervalHours: 6, version: '1.0.0', credentials: 'ready' },
    observation: [seen('builder', 'build', []), seen('red', 'red', [])],
    journal: { ...EMPTY_JOURNAL, ...preparedOf({ noble: NOW - HOUR, jammy: NOW - HOUR }, desired) },
    ongoing: [],
    reportedIds: [],
    now: NOW,
    ...changes,
  };
}

/** Returns one line for each entry of the plan, such as `build app-noble-x64 → red: never built`. */
export function describePlan(input: PlanInput): readonly string[] {
  return planWork(input).map(describeEntry);
}

function describeEntry(entry: PlanEntry): string {
  switch (entry.act) {
    case 'skip':
      return `${entry.subject}: ${entry.reason}`;
    case 'prepare':
      return `prepare ${entry.base}: ${entry.reason}`;
    case 'layer':
      return `layer ${entry.name}${on(entry)}: ${entry.reason}`;
    case 'build':
    case 'copy':
      return `${entry.act} ${entry.imageName}${on(entry)} → ${entry.uploadTo.join('+')}: ${entry.reason}`;
    case 'prune':
      return `prune ${entry.imageName} in ${entry.cloudId}: ${entry.reason}`;
    case 'sweep':
      return `sweep ${[entry.buildCloud, ...entry.cloudIds].join('+')}: ${entry.reason}`;
    case 'trial':
      return `trial of ${entry.trial.imageName}: ${entry.reason}`;
    case 'preflight':
      return `preflight: ${entry.reason}`;
    case 'prune-clouds':
      return `prune ${entry.subject}: ${entry.reason}`;
  }
}

function on(entry: PlanEntry): string {
  return 'layerId' in entry && entry.layerId !== undefined ? ` on ${entry.layerId}` : '';
}

/** Returns the journal after one failure of NOBLE's build or preparation. */
export function afterFailure(
  desired: DesiredState,
  kind: 'build' | 'prepare',
  at = NOW,
  message = 'no',
): Journal {
  const subject = kind === 'build' ? NOBLE : 'noble';
  const settings = settingsOf(desired, kind, subject);
  return rememberFailure(kind === 'build' ? planInput().journal : EMPTY_JOURNAL, {
    ...{ kind, subject, cloudId: '', errorKind: 'build', message, settings },
    ...{ now: at, intervalHours: 6, random01: 0.5 },
  });
}

/** Returns an observation with the image `new` of NOBLE in the build cloud and a copy in the consumer's cloud. */
export const builtAndCopied = (createdAt: string, runConfig: string | undefined = INPUTS) => [
  seen('builder', 'build', [image('new', { createdAt, runConfig })]),
  seen('red', 'red', [copyOf('new')]),
];

/** Returns the request of an action for one build of NOBLE. */
export const request = (action: string, buildId: string) => ({
  action,
  builds: [{ imageName: NOBLE, buildId }],
});

/** Returns a desired state whose relation publishes `<imageId>-copy`, made from an image of the build cloud. */
export const publishedFrom = (imageId: string, createdAt: string) =>
  desiredState({
    published: [
      {
        ...{ relationId: 1, imageIds: [`${imageId}-copy`], isConfirmed: true },
        sources: [{ imageName: NOBLE, imageId: `${imageId}-copy`, source: { imageId, createdAt } }],
      },
    ],
  });
