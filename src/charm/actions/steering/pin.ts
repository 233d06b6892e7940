import type { ImageRevision } from '../../../model/unit/built.ts';
import { InputError } from '../../../model/errors.ts';
import { type Action, type ActionContext, type ActionResults, readText } from '../action.ts';
import { PIN_RESULTS, findCurrent, listRevisions, pinRevision } from './revisions.ts';
import { STEERING_RESULTS, type SteeredUnit, checkImage, readSteered, shown } from './steer.ts';

/** Keeps one revision of an image published, although newer ones are built. */
export const pinAction: Action = { results: { ...PIN_RESULTS, ...STEERING_RESULTS }, perform: pin };

async function pin(context: ActionContext): Promise<ActionResults> {
  const unit = await readSteered('pin', context);
  const imageName = checkImage(readText(context.params, 'image'), unit.images);
  const revision = chooseRevision(imageName, readText(context.params, 'revision'), unit);
  return pinRevision(revision, unit, context);
}

/** Finds the revision by the id of its build or of an image in any cloud; without an id, the published one. */
function chooseRevision(imageName: string, given: string, unit: SteeredUnit): ImageRevision {
  const revisions = listRevisions(imageName, unit);
  const all = (unit.built?.clouds ?? []).flatMap((report) => report.revisions ?? []);
  const named = all.find((revision) => revision.imageId === given && revision.imageName === imageName);
  const buildId = given === '' ? findCurrent(imageName, unit) : (named?.buildId ?? given);
  const found = revisions.find((revision) => revision.buildId === buildId);
  if (found !== undefined) return found;
  const known = revisions.map((revision) => revision.buildId).join(', ');
  if (given === '') {
    const gone = buildId === undefined ? 'no revision is published yet' : `revision ${buildId} is gone`;
    throw new InputError([`revision: ${gone}: give one of ${known}`]);
  }
  throw new InputError([
    `revision: expected the id of a build of ${imageName} whose image still exists (${known}), or of such an image; got ${shown(given)}`,
  ]);
}
