import { BUILD_CLOUD } from '../desired.ts';
import { type ReportedInput, type RuleResult, type StatusInput, problem } from './status-rule.ts';
import { shortName } from '../../model/image/names.ts';

/** Returns notes about what is paused and pinned, for the end of any status. */
export function noteSteering({ steering, application }: StatusInput): readonly string[] {
  const { isPaused, pausedImages, pausedConsumers, pins } = steering;
  const paused = [...pausedImages.map((name) => shortName(name, application)), ...pausedConsumers];
  const pinned = pins.map(({ imageName }) => shortName(imageName, application));
  return [
    ...(isPaused ? ['paused: everything'] : []),
    ...(!isPaused && paused.length > 0 ? [`paused: ${paused.join(', ')}`] : []),
    ...(pinned.length > 0 ? [`pinned: ${pinned.join(', ')}`] : []),
  ];
}

/** Returns the status when the build cloud has lost a pinned revision, so that it can be copied to no consumer. */
export function gonePinStatus({ built, steering, application, imageNames }: ReportedInput): RuleResult {
  const build = built.clouds.find(({ cloudId }) => cloudId === BUILD_CLOUD);
  const { failure, revisions } = build ?? {};
  if (revisions === undefined || failure !== undefined) return undefined;
  const gone = steering.pins.filter(
    ({ imageName, buildId }) =>
      imageNames.includes(imageName) && revisions.every((revision) => revision.buildId !== buildId),
  );
  if (gone.length === 0) return undefined;
  const parts = gone.map(
    ({ imageName, buildId }) =>
      `the pinned revision ${buildId} of ${shortName(imageName, application)} is gone: ` +
      `end the pin with juju run ${application}/leader unpin image=${imageName}`,
  );
  return problem('active', parts);
}
