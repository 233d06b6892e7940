import { InputError } from '../../../model/errors.ts';
import { type Action, type ActionContext, type ActionResults, readText } from '../action.ts';
import { PIN_RESULTS, findCurrent, listRevisions, pinRevision } from './revisions.ts';
import { STEERING_RESULTS, checkImage, readSteered } from './steer.ts';

/** Pins the revision before the published one, without a build. */
export const rollbackAction: Action = {
  results: { ...PIN_RESULTS, ...STEERING_RESULTS },
  perform: rollBack,
};

async function rollBack(context: ActionContext): Promise<ActionResults> {
  const unit = await readSteered('rollback', context);
  const imageName = checkImage(readText(context.params, 'image'), unit.images);
  const revisions = listRevisions(imageName, unit);
  const current = findCurrent(imageName, unit);
  const at = revisions.findIndex(({ buildId }) => buildId === current);
  if (at === -1) {
    const known = revisions.map(({ buildId }) => buildId).join(', ');
    const why = current === undefined ? 'none is published yet' : `revision ${current} is gone`;
    throw new InputError([
      `${imageName} has no known revision to go back from: ${why}: choose one of ${known} with the action pin`,
    ]);
  }
  const previous = revisions[at + 1];
  if (previous !== undefined) return pinRevision(previous, unit, context);
  throw new InputError([
    `${imageName} has no revision before ${current ?? ''}: the option revision-history-limit says how many are kept`,
  ]);
}
