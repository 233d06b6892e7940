import type { Built } from '../../../model/unit/built.ts';
import type { DesiredImages } from '../../../model/unit/desired-images.ts';
import { InputError } from '../../../model/errors.ts';
import { MAX_STEERED, type Steering } from '../../../model/unit/steering.ts';
import { steeringOf } from '../../decide.ts';
import { observeHost } from '../../observe.ts';
import type { ObservedModel } from '../../observed.ts';
import { type ActionContext, type ActionResults, requireLeader, slug } from '../action.ts';

/** The descriptions of `describeSteering`'s results. */
export const STEERING_RESULTS = {
  paused: '`all`, `images` and `consumers` that are paused, or `nothing`',
  pinned: 'by image: the id of the build whose revision stays published, or `nothing`',
};

/** The facts that an action on pauses and pins depends on. */
export interface SteeredUnit {
  readonly model: ObservedModel;
  readonly images: DesiredImages;
  readonly built: Built | undefined;
  /** The pauses and pins in force. */
  readonly steering: Steering;
}

/** Reads the facts. Throws InputError on a unit that is not the leader, and before Juju has created the peer relation. */
export async function readSteered(action: string, context: ActionContext): Promise<SteeredUnit> {
  const { host, logger, clock, observeModel } = context;
  const model = await observeModel();
  requireLeader(model, action);
  if (model.peers === undefined) {
    throw new InputError(['Juju has not created the peer relation of the application yet: try again later']);
  }
  const { desired, built } = await observeHost(host, logger, clock);
  return {
    ...{ model, built, images: desired?.images ?? new Map() },
    steering: steeringOf({ peers: model.peers, desired }),
  };
}

/** Returns an image that the options ask for. Throws InputError for another name. */
export function checkImage(name: string, images: DesiredImages): string {
  if (images.has(name)) return name;
  const known =
    images.size === 0 ? 'an image, but none is known yet' : `one of ${[...images.keys()].join(', ')}`;
  throw new InputError([`image: expected ${known}; got ${shown(name)}`]);
}

/** Adds a name to a list. Throws InputError when the list is full. */
export function addName(names: readonly string[], name: string, what: string): readonly string[] {
  if (names.includes(name)) return names;
  if (names.length < MAX_STEERED) return [...names, name];
  throw new InputError([
    `at most ${MAX_STEERED} ${what} can be paused or pinned: resume or unpin others first`,
  ]);
}

/** Describes what is paused and pinned. */
export function describeSteering({ isPaused, pausedImages, pausedConsumers, pins }: Steering): ActionResults {
  const paused = {
    ...(isPaused ? { all: 'yes' } : {}),
    ...(pausedImages.length === 0 ? {} : { images: pausedImages.join(',') }),
    ...(pausedConsumers.length === 0 ? {} : { consumers: pausedConsumers.join(',') }),
  };
  const pinned = Object.fromEntries(pins.map(({ imageName, buildId }) => [slug(imageName), buildId]));
  return { paused: orNothing(paused), pinned: orNothing(pinned) };
}

function orNothing(results: Readonly<Record<string, string>>): string | ActionResults {
  return Object.keys(results).length === 0 ? 'nothing' : results;
}

/** Returns a parameter for a message. Juju accepts any length. */
export function shown(given: string): string {
  return given === '' ? 'nothing' : given.slice(0, 80);
}
