import { InputError } from '../../../model/errors.ts';
import { findPin } from '../../../model/unit/steering.ts';
import { type Action, type ActionContext, type ActionResults, readText } from '../action.ts';
import { STEERING_RESULTS, describeSteering, readSteered, shown } from './steer.ts';

/** Ends the pin of an image: its newest revision is published again. */
export const unpinAction: Action = {
  results: {
    image: 'the name of the image',
    unpinned: 'the id of the build whose revision was pinned',
    effect: 'what is published next',
    ...STEERING_RESULTS,
  },
  perform: unpin,
};

async function unpin(context: ActionContext): Promise<ActionResults> {
  const { model, steering } = await readSteered('unpin', context);
  const image = readText(context.params, 'image');
  const pinned = findPin(steering, image);
  if (pinned === undefined) {
    const names = steering.pins.map(({ imageName }) => imageName);
    throw new InputError([
      `image: expected one that is pinned (${names.join(', ') || 'none is'}), got ${shown(image)}`,
    ]);
  }
  const next = { ...steering, pins: steering.pins.filter(({ imageName }) => imageName !== image) };
  await context.steer(model, next);
  const effect = 'each consumer gets the newest revision, as soon as its cloud has a copy';
  return { image, unpinned: pinned, effect, ...describeSteering(next) };
}
