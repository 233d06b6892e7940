import type { CloudFailure } from '../../model/unit/built.ts';
import type { JobKind } from '../../model/job/job-kind.ts';
import { LocalAddressError } from '../../model/cloud/cloud-errors.ts';
import { RegionNotFoundError } from '../../model/errors.ts';
import {
  type ConsumerCloud,
  type ImageRelation,
  consumerName,
  consumerNames,
  listConsumers,
  normaliseAuthUrl,
} from '../relations/consumers.ts';
import { type Finding, type ReportedInput, type RuleResult, problem } from './status-rule.ts';

/** Returns the status when credentials cannot be used, or a consumer's cloud refuses them or does not answer. */
export function consumerCloudStatus(input: ReportedInput): RuleResult {
  const { built, relations } = input;
  const unusable = describeUnusable(relations);
  const failed = relations.flatMap((relation) =>
    listConsumers([relation]).flatMap((cloud) => {
      const failure = built.clouds.find(({ cloudId }) => cloudId === cloud.cloudId)?.failure;
      const consumer = { ...cloud, relation, name: consumerName(relation, cloud.unit) };
      return failure === undefined ? [] : [{ consumer, failure }];
    }),
  );
  if (failed.length + unusable.length === 0) return undefined;
  const needingOption = failed.filter(({ failure }) => isSolvedByOption(failure));
  const refused = failed.filter(({ failure }) => isRefusal(failure) && !isSolvedByOption(failure));
  const unreachable = failed.filter(({ failure }) => !isRefusal(failure));
  const parts = [
    ...needingOption.map(({ consumer, failure }) => describeOption(consumer, failure)),
    ...refused.map(({ consumer, failure }) => describeRefusal(consumer, failure, input)),
    ...unusable,
    ...unreachable.map(
      ({ consumer, failure }) => `${consumer.name}: its cloud does not answer: ${failure.message}`,
    ),
  ];
  const mustAct = needingOption.length + refused.length + unusable.length > 0;
  if (mustAct) return problem(input.isServed ? 'active' : 'blocked', parts);
  return servedOrWaiting(input, parts);
}

/** Describes the units whose databags cannot be used. */
export function describeUnusable(relations: readonly ImageRelation[]): readonly string[] {
  return relations.flatMap((relation) =>
    relation.units.flatMap(({ name: unit, problems }) =>
      problems.length === 0
        ? []
        : [`${consumerName(relation, unit)}: its relation data cannot be used: ${problems.join(', ')}`],
    ),
  );
}

/** A consumer and its name. */
interface NamedConsumer extends ConsumerCloud {
  readonly name: string;
  readonly relation: ImageRelation;
}

function describeOption({ credentials, name }: NamedConsumer, { type, message }: CloudFailure): string {
  if (type !== RegionNotFoundError.name) return `${name}: ${message}`;
  const remedy =
    credentials.region === undefined
      ? `add ${normaliseAuthUrl(credentials.authUrl)}=<region> to the option consumer-regions`
      : 'its relation data names a region that its cloud does not have';
  return `${name}: ${remedy}: ${message}`;
}

function describeRefusal(
  { name, relation }: NamedConsumer,
  { message }: CloudFailure,
  { application }: ReportedInput,
): string {
  const remote = relation.application;
  const remedy = `correct the OpenStack credentials of ${remote}, then juju remove-relation ${application} ${remote}`;
  return `${name} is refused by its cloud: ${remedy} and integrate again: ${message}`;
}

/** Returns the status when an image was not copied to a consumer's cloud, or old images were not deleted. */
export function copyFailureStatus(input: ReportedInput): RuleResult {
  const { built, relations } = input;
  const failed = built.failures.filter(
    ({ kind }) => kind === 'copy' || kind === 'prune' || kind === 'prune-clouds',
  );
  if (failed.length === 0) return undefined;
  const names = consumerNames(relations);
  const parts = failed.map(({ kind, subject, cloudId, message }) => {
    const place = names.get(cloudId) ?? 'the build cloud';
    const problem =
      kind === 'copy' ? `${subject} was not copied` : `${nameDeleted(kind, subject)} were not deleted`;
    return `${place}: ${problem}: ${message}`;
  });
  return servedOrWaiting(input, parts);
}

function nameDeleted(kind: JobKind, subject: string): string {
  return kind === 'prune-clouds' ? subject : `old images of ${subject}`;
}

/** Returns the status while images are copied to consumers' clouds. */
export function copyingStatus(input: ReportedInput): RuleResult {
  const copies = input.built.running.filter(({ kind }) => kind === 'copy');
  if (copies.length === 0) return undefined;
  const parts = copies.map(
    ({ subject, reason, step }) =>
      `copying ${subject}${reason === '' ? '' : ` (${reason})`}${step === '' ? '' : `: ${step}`}`,
  );
  return { ...servedOrWaiting(input, parts), isProblem: false };
}

function servedOrWaiting({ isServed }: ReportedInput, parts: readonly string[]): Finding {
  if (isServed) return problem('active', parts);
  const [first = '', ...others] = parts;
  return problem('waiting', [`first image: ${first}`, ...others]);
}

function isRefusal({ kind }: CloudFailure): boolean {
  return kind === 'input' || kind === 'denied';
}

/** Reports whether an option of the charm solves the problem. The message names it. */
function isSolvedByOption({ type }: CloudFailure): boolean {
  return type === RegionNotFoundError.name || type === LocalAddressError.name;
}
