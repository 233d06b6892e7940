import type { Built } from '../../model/unit/built.ts';
import type { UnitStatus } from '../../model/unit/unit-status.ts';
import { withConsumerNames } from '../../model/unit/consumer-names.ts';
import { consumerNames } from '../relations/consumers.ts';
import { ageStatus } from './age-status.ts';
import {
  buildingStatus,
  firstBuildFailureStatus,
  firstImageStatus,
  idleStatus,
  lastBuildFailureStatus,
  readyStatus,
  refusalStatus,
  silentStatus,
} from './build-status.ts';
import {
  consumerCloudStatus,
  describeUnusable,
  copyFailureStatus,
  copyingStatus,
} from './consumer-status.ts';
import {
  type Finding,
  type ReportedInput,
  type RuleResult,
  type StatusInput,
  type StatusRule,
  cutProblem,
  listFindings,
  problem,
  progress,
  statusOf,
} from './status-rule.ts';
import { gonePinStatus, noteSteering } from './steering-status.ts';

type ReadinessInput = Pick<StatusInput, 'application' | 'problems' | 'relations'>;

/** The conditions that prevent every build. The first one that applies gives the status. */
const READINESS: readonly StatusRule<ReadinessInput>[] = [
  problemsStatus,
  missingRelationStatus,
  missingCredentialsStatus,
];

/**
 * | condition                                         | status                                          |
 * | ------------------------------------------------- | ----------------------------------------------- |
 * | options or secrets are invalid                    | blocked: all problems                           |
 * | no `image` relation                               | blocked: the command to run                     |
 * | no consumer with complete credentials             | waiting: for which application                  |
 * | the only credentials cannot be used               | blocked: the relation and why                   |
 * | the daemon has not written built.json             | waiting                                         |
 * | the daemon has been silent for 20 minutes         | waiting; active when an image is served: since  |
 * | a published image or its runner is too old        | blocked, unless a build runs                    |
 * | the daemon is idle                                | waiting; active when an image is served: why    |
 * | the build cloud refuses the login or the build    | blocked; active when an image is served         |
 * | builds run, or a base is prepared                 | maintenance; waiting before the first image     |
 * | no image is served, and a build failed            | blocked; waiting when a retry may succeed       |
 * | an image is served, and a newer build failed      | active: why the old image is served             |
 * | a consumer's cloud refuses its credentials        | active: what to do; blocked without any image   |
 * | a consumer needs an option, as for its region     | active: the option; blocked without any image   |
 * | a consumer's cloud does not answer                | active; waiting before the first image          |
 * | a copy or the deletion of old images failed       | active; waiting before the first image          |
 * | a pinned revision is gone                         | active: the command to run                      |
 * | images are being copied                           | active; waiting before the first image          |
 * | no image is served, and nothing has failed        | waiting: when the first build is                |
 * | none of these                                     | active: next build, consumers without an image  |
 *
 * Each of them ends with notes about pauses and pins.
 */
const REPORTED: readonly StatusRule<ReportedInput>[] = [
  silentStatus,
  ageStatus,
  idleStatus,
  refusalStatus,
  buildingStatus,
  firstBuildFailureStatus,
  lastBuildFailureStatus,
  consumerCloudStatus,
  copyFailureStatus,
  gonePinStatus,
  copyingStatus,
  firstImageStatus,
  readyStatus,
];

/** Returns the status of the most important condition. */
export function deriveUnitStatus(input: StatusInput): UnitStatus {
  const [first = progress('active', [])] = listConditions(input);
  return statusOf(first, noteSteering(input));
}

/** Lists the texts of all problems, for the log. */
export function listProblems(input: StatusInput): readonly string[] {
  return listConditions(input).flatMap(({ parts, isProblem }) => (isProblem ? parts : []));
}

/** Lists the conditions that apply, the most important one first. */
function listConditions(input: StatusInput): readonly Finding[] {
  const obstacles = listFindings(READINESS, input);
  if (obstacles.length > 0) return obstacles;
  const { built, relations } = input;
  if (built === undefined) return [progress('waiting', ['the scheduler has not reported yet'])];
  return listFindings(REPORTED, { ...input, built: withNamedConsumers(built, consumerNames(relations)) });
}

const MAX_TEXT = 2000;

/** Replaces the keys of consumers' clouds in the texts of a report. Cuts them first: they may quote foreign texts. */
function withNamedConsumers(built: Built, names: ReadonlyMap<string, string>): Built {
  const named = (text: string): string => withConsumerNames(text.slice(0, MAX_TEXT), names);
  return {
    ...built,
    idleReason: built.idleReason && named(built.idleReason),
    clouds: built.clouds.map(({ failure, ...report }) => ({
      ...report,
      failure: failure && { ...failure, message: named(failure.message) },
    })),
    running: built.running.map((job) => ({ ...job, step: named(job.step), reason: named(job.reason) })),
    failures: built.failures.map((failure) => ({ ...failure, message: named(failure.message) })),
  };
}

/** Returns the status of the first obstacle to builds; undefined when there is none. */
export function findObstacle(input: ReadinessInput): UnitStatus | undefined {
  const [first] = listFindings(READINESS, input);
  return first && statusOf(first);
}

function problemsStatus({ problems }: ReadinessInput): RuleResult {
  return problems.length === 0 ? undefined : problem('blocked', problems);
}

function missingRelationStatus({ relations, application }: ReadinessInput): RuleResult {
  if (relations.length > 0) return undefined;
  const command = `juju integrate ${application}:image <runner charm>`;
  return problem('blocked', [`integrate with a charm that needs images: ${command}`]);
}

function missingCredentialsStatus({ relations }: ReadinessInput): RuleResult {
  const isComplete = relations.some(({ units }) =>
    units.some(({ credentials }) => credentials !== undefined),
  );
  if (isComplete || relations.length === 0) return undefined;
  const unusable = describeUnusable(relations);
  if (unusable.length > 0) return problem('blocked', unusable);
  const applications = [...new Set(relations.map(({ application }) => application))];
  return cutProblem('waiting', `waiting for credentials from ${applications.join(', ')}`);
}
