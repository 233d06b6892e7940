import type { UnitStatus } from '../../model/unit-status.ts';
import {
  buildingStatus,
  firstBuildFailureStatus,
  firstImageStatus,
  idleStatus,
  lastBuildFailureStatus,
  readyStatus,
  refusalStatus,
} from './build-status.ts';
import { consumerCloudStatus, copyFailureStatus, copyingStatus } from './consumer-status.ts';
import { cutLine, joinParts } from './status-line.ts';
import {
  type ReportedInput,
  type RuleResult,
  type StatusInput,
  type StatusRule,
  findStatus,
} from './status-rule.ts';

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
 * | the daemon has not written built.json             | waiting                                         |
 * | the daemon is idle                                | waiting; active when an image is served: why    |
 * | the build cloud refuses the login or the build    | blocked: its answer and the command to run      |
 * | builds run, or a base is prepared                 | maintenance; waiting before the first image     |
 * | no image is served, and a build failed            | blocked; waiting when a retry may succeed       |
 * | an image is served, and a newer build failed      | active: why the old image is served             |
 * | a consumer's cloud refuses its credentials        | active: the relation and what to do             |
 * | a consumer's cloud does not answer                | active; waiting before the first image          |
 * | a copy or the deletion of old images failed       | active; waiting before the first image          |
 * | images are being copied                           | active; waiting before the first image          |
 * | no image is served, and nothing has failed        | waiting: when the first build is                |
 * | none of these                                     | active: next build, relations without an image  |
 */
const REPORTED: readonly StatusRule<ReportedInput>[] = [
  idleStatus,
  refusalStatus,
  buildingStatus,
  firstBuildFailureStatus,
  lastBuildFailureStatus,
  consumerCloudStatus,
  copyFailureStatus,
  copyingStatus,
  firstImageStatus,
  readyStatus,
];

/** Returns the status of the most important condition. */
export function deriveUnitStatus(input: StatusInput): UnitStatus {
  const { built } = input;
  const status =
    findObstacle(input) ??
    (built === undefined
      ? waiting('the scheduler has not reported yet')
      : findStatus(REPORTED, { ...input, built }));
  return status ?? { name: 'active', message: '' };
}

/** Returns the status of the first obstacle to builds; undefined when there is none. */
export function findObstacle(input: ReadinessInput): RuleResult {
  return findStatus(READINESS, input);
}

function problemsStatus({ problems }: ReadinessInput): RuleResult {
  return problems.length === 0 ? undefined : { name: 'blocked', message: joinParts(problems) };
}

function missingRelationStatus({ relations, application }: ReadinessInput): RuleResult {
  if (relations.length > 0) return undefined;
  const command = `juju integrate ${application}:image <runner charm>`;
  return { name: 'blocked', message: `integrate with a charm that needs images: ${command}` };
}

function missingCredentialsStatus({ relations }: ReadinessInput): RuleResult {
  const isComplete = relations.some(({ units }) =>
    units.some(({ credentials }) => credentials !== undefined),
  );
  if (isComplete) return undefined;
  const applications = [...new Set(relations.map(({ application }) => application))];
  return waiting(cutLine(`waiting for credentials from ${applications.join(', ')}`));
}

function waiting(message: string): UnitStatus {
  return { name: 'waiting', message };
}
