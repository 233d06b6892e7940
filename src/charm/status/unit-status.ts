import type { UnitStatus } from '../../model/unit-status.ts';
import {
  buildCloudRefuses,
  firstBuildFails,
  isBuilding,
  isFine,
  isFirstImageDue,
  lastBuildFails,
  schedulerRests,
} from './build-status.ts';
import { consumerCloudFails, copyFails, isCopying } from './consumer-status.ts';
import { cutLine, joinParts } from './status-line.ts';
import { type ReportedInput, type StatusInput, type StatusRule, firstOf } from './status-rule.ts';

type ReadinessInput = Pick<StatusInput, 'application' | 'problems' | 'relations'>;

/** What must be so before anything can be built; the first that is not so is told. */
const READINESS: readonly StatusRule<ReadinessInput>[] = [hasProblems, isNotRelated, waitsForCredentials];

/**
 * | what is so                                        | status                                          |
 * | ------------------------------------------------- | ----------------------------------------------- |
 * | options or secrets are wrong                      | blocked: all of it                              |
 * | no `image` relation                               | blocked: the command to run                     |
 * | no consumer with complete credentials             | waiting: for which application                  |
 * | the daemon has not written built.json             | waiting                                         |
 * | the daemon does nothing at all                    | waiting; active when an image is served: why    |
 * | the build cloud refuses us, or what we ask of it  | blocked: what it said, who must act             |
 * | builds run, or a base is prepared                 | maintenance; waiting before the first image     |
 * | no image is served, and making one failed         | blocked; waiting when that may pass by itself   |
 * | an image is served, and making a newer one failed | active: why it is the old one                   |
 * | a consumer's cloud refuses its credentials        | active: which relation, what to do              |
 * | a consumer's cloud does not answer                | active; waiting before the first image          |
 * | an image was not copied, or old ones not deleted  | active; waiting before the first image          |
 * | images are being copied                           | active; waiting before the first image          |
 * | no image is served, and nothing has failed        | waiting: for the first                          |
 * | none of these                                     | active: when the next build is, who still waits |
 */
const REPORTED: readonly StatusRule<ReportedInput>[] = [
  schedulerRests,
  buildCloudRefuses,
  isBuilding,
  firstBuildFails,
  lastBuildFails,
  consumerCloudFails,
  copyFails,
  isCopying,
  isFirstImageDue,
  isFine,
];

/** The unit's status: of what is so, what matters most. */
export function deriveUnitStatus(input: StatusInput): UnitStatus {
  const { built } = input;
  const status =
    findObstacle(input) ??
    (built === undefined
      ? waiting('the scheduler has not reported yet')
      : firstOf(REPORTED, { ...input, built }));
  return status ?? { name: 'active', message: '' };
}

/** Why nothing can be built at all; `undefined` when it can. */
export function findObstacle(input: ReadinessInput): UnitStatus | undefined {
  return firstOf(READINESS, input);
}

function hasProblems({ problems }: ReadinessInput): UnitStatus | undefined {
  return problems.length === 0 ? undefined : { name: 'blocked', message: joinParts(problems) };
}

function isNotRelated({ relations, application }: ReadinessInput): UnitStatus | undefined {
  if (relations.length > 0) return undefined;
  const command = `juju integrate ${application}:image <runner charm>`;
  return { name: 'blocked', message: `integrate with a charm that needs images: ${command}` };
}

function waitsForCredentials({ relations }: ReadinessInput): UnitStatus | undefined {
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
