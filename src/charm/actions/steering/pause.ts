import { InputError } from '../../../model/errors.ts';
import type { Steering } from '../../../model/unit/steering.ts';
import { type Action, type ActionContext, type ActionResults, readText } from '../action.ts';
import {
  STEERING_RESULTS,
  type SteeredUnit,
  addName,
  checkImage,
  describeSteering,
  readSteered,
  shown,
} from './steer.ts';

/** Pauses one image, one consumer or everything. */
export const pauseAction: Action = {
  results: { ...STEERING_RESULTS, effect: 'what stops, and what goes on' },
  perform: pause,
};

async function pause(context: ActionContext): Promise<ActionResults> {
  const unit = await readSteered('pause', context);
  const target = readTarget(context);
  const next = pauseTarget(target, unit);
  await context.steer(unit.model, next);
  return { ...describeSteering(next), effect: `${effectOf(target)}; what runs now ends as usual` };
}

/** The parameters of `pause` and `resume`. Empty ones were not given. */
export interface SteeringTarget {
  readonly image: string;
  readonly consumer: string;
}

/** Reads the parameters. Throws InputError when both are given. */
export function readTarget({ params }: Pick<ActionContext, 'params'>): SteeringTarget {
  const target = { image: readText(params, 'image'), consumer: readText(params, 'consumer') };
  if (target.image !== '' && target.consumer !== '')
    throw new InputError(['image, consumer: expected at most one of them, got both']);
  return target;
}

function pauseTarget(
  { image, consumer }: SteeringTarget,
  { steering, images, model }: SteeredUnit,
): Steering {
  if (image !== '') {
    const pausedImages = addName(steering.pausedImages, checkImage(image, images), 'images');
    return { ...steering, pausedImages };
  }
  if (consumer === '') return { ...steering, isPaused: true };
  const applications = model.relations.map(({ application }) => application);
  if (!applications.includes(consumer)) {
    const known = applications.length === 0 ? 'an application that is integrated' : applications.join(', ');
    throw new InputError([`consumer: expected one of ${known}; got ${shown(consumer)}`]);
  }
  return { ...steering, pausedConsumers: addName(steering.pausedConsumers, consumer, 'consumers') };
}

function effectOf({ image, consumer }: SteeringTarget): string {
  if (image !== '') return 'no scheduled build of the image starts; the action run still builds it';
  if (consumer !== '') return 'the consumer gets no copies and keeps the images that are published to it';
  return 'no scheduled build, copy or prune starts, and every consumer keeps the images that are published to it';
}
