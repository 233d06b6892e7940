import { InputError } from '../../../model/errors.ts';
import { NO_STEERING, type Steering } from '../../../model/unit/steering.ts';
import type { Action, ActionContext, ActionResults } from '../action.ts';
import { type SteeringTarget, readTarget } from './pause.ts';
import { STEERING_RESULTS, type SteeredUnit, describeSteering, readSteered, shown } from './steer.ts';

/** Ends the pause of one image or one consumer, or all pauses. */
export const resumeAction: Action = { results: STEERING_RESULTS, perform: resume };

async function resume(context: ActionContext): Promise<ActionResults> {
  const unit = await readSteered('resume', context);
  const next = resumeTarget(readTarget(context), unit);
  await context.steer(unit.model, next);
  return describeSteering(next);
}

function resumeTarget({ image, consumer }: SteeringTarget, { steering, model }: SteeredUnit): Steering {
  if (image === '' && consumer === '') return { ...NO_STEERING, pins: steering.pins };
  const { pausedImages, pausedConsumers } = steering;
  if (image !== '' && pausedImages.includes(image))
    return { ...steering, pausedImages: pausedImages.filter((name) => name !== image) };
  if (consumer !== '' && pausedConsumers.includes(consumer))
    return { ...steering, pausedConsumers: pausedConsumers.filter((name) => name !== consumer) };
  throw new InputError([explainNotPaused({ image, consumer }, steering, model.application)]);
}

function explainNotPaused(
  { image, consumer }: SteeringTarget,
  { isPaused, pausedImages, pausedConsumers }: Steering,
  application: string,
): string {
  if (isPaused) return `everything is paused: resume it with juju run ${application}/leader resume`;
  const [name, given, paused] =
    image === ''
      ? (['consumer', consumer, pausedConsumers] as const)
      : (['image', image, pausedImages] as const);
  return `${name}: expected one that is paused (${paused.join(', ') || 'none is'}), got ${shown(given)}`;
}
