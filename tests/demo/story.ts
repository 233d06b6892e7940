import type { Stage } from '../support/charm-on-emulator.ts';
import { APPLICATION } from '../support/charm-on-emulator.ts';
import type { Relation } from '../support/juju/unit-agent.ts';
import { type UnitFollower, listPublished } from './follow-unit.ts';
import { judgeLeftovers } from './leftovers.ts';
import type { Screen } from './screen.ts';

/** What the story is told with. */
export interface StoryParts {
  readonly stage: Stage;
  readonly screen: Screen;
  readonly unit: UnitFollower;
}

/** The longest that anything may take; it takes a tenth of that. */
const SECONDS = 180;

/** Plays the whole life of the charm; gives what is wrong in the end, which should be nothing. */
export async function tellStory(parts: StoryParts): Promise<readonly string[]> {
  const { stage, screen } = parts;
  heading(parts, 'The charm is deployed');
  screen.line('juju', `juju deploy ./github-runner-image-builder.charm ${APPLICATION}`);
  await stage.deploy();

  heading(parts, 'Two consumers, in two clouds: two bases are built at the same time, and copied');
  const near = await integrate(parts, 'runners-near', 'neighbour');
  const far = await integrate(parts, 'runners-far', 'consumer');
  await untilTold(parts, [near, far], []);
  await untilIdle(parts);

  heading(parts, 'A consumer joins late: it gets copies of what there is');
  const late = await integrate(parts, 'runners-late', 'neighbour-b');
  await untilTold(parts, [late], []);

  await failAndRecover(parts, [near], [far, late]);

  heading(parts, 'What each consumer is told');
  for (const relation of [near, far, late]) tellRelation(parts, relation);

  heading(parts, 'What is left in the clouds');
  await untilIdle(parts);
  const left = judgeLeftovers(stage.emulator.book());
  for (const line of left.lines) screen.line('cloud', line);
  return left.problems;
}

/** `juju run`, while one of the clouds is away: nobody waits for it, and it gets its images when it is back. */
async function failAndRecover(
  parts: StoryParts,
  here: readonly Relation[],
  away: readonly Relation[],
): Promise<void> {
  const { stage, screen } = parts;
  const { emulator } = stage;
  heading(parts, 'The operator asks for new images; while they are built, cloud b goes down');
  const old = [...here, ...away].flatMap((relation) => listPublished(relation).map(({ id }) => id));
  screen.line('juju', `juju run ${APPLICATION}/0 run`);
  const { results } = await stage.agent.runAction('run', {});
  screen.line('action', JSON.stringify(results));
  await stage.until('a server', SECONDS, () => emulator.book().a.servers.length > 0 || undefined);
  await emulator.cloud('b').stop();
  screen.line('cloud', 'cloud b refuses connections');
  await stage.until('the copies in cloud a', SECONDS, () => countCopies(parts, old) === 2 || undefined);
  await emulator.cloud('b').start();
  screen.line('cloud', 'cloud b is back');
  await untilTold(parts, [...here, ...away], old);
}

/** How many images cloud a's consumer has that are not among `old`. */
function countCopies({ stage }: StoryParts, old: readonly string[]): number {
  const { images } = stage.emulator.book().a;
  return images.filter(
    ({ id, owner, status }) => owner === 'neighbour' && status === 'active' && !old.includes(id),
  ).length;
}

async function integrate({ stage, screen, unit }: StoryParts, application: string, cloud: string) {
  screen.line('juju', `juju integrate ${APPLICATION}:image ${application}`);
  const relation = await stage.integrate(application, cloud);
  unit.add(application, relation);
  return relation;
}

/** Waits until each is told of two images, none of which is among `old`. */
function untilTold(
  { stage }: StoryParts,
  relations: readonly Relation[],
  old: readonly string[],
): Promise<true> {
  const isTold = (relation: Relation): boolean => {
    const ids = listPublished(relation).map(({ id }) => id);
    return ids.length === 2 && ids.every((id) => !old.includes(id));
  };
  return stage.until('images for the consumers', SECONDS, () => relations.every(isTold) || undefined);
}

function untilIdle({ stage }: StoryParts): Promise<true> {
  return stage.until('the daemon to have nothing to do', SECONDS, async () => {
    const built = await stage.readBuilt();
    return built?.running.length === 0 && built.batch.total === built.batch.done ? true : undefined;
  });
}

/** A new part of the story, after all that belongs to the one before. */
function heading({ screen, unit }: StoryParts, text: string): void {
  unit.look();
  screen.heading(text);
}

function tellRelation({ screen }: StoryParts, relation: Relation): void {
  const { id, tags, images } = relation.ourDatabag();
  screen.line('relation', `${relation.name}  id: ${id ?? ''}  tags: ${tags ?? ''}  images: ${images ?? ''}`);
}
