import type { CharmFixture } from '../support/charm-fixture.ts';
import { APPLICATION } from '../support/charm-fixture.ts';
import type { Relation } from '../support/juju/unit-agent.ts';
import { type UnitFollower, listPublished } from './follow-unit.ts';
import { findLeftovers } from './leftovers.ts';
import type { Screen } from './screen.ts';

/** The objects that the story uses. */
export interface StoryParts {
  readonly stage: CharmFixture;
  readonly screen: Screen;
  readonly unit: UnitFollower;
}

/** The timeout of each wait, about ten times its usual duration. */
const SECONDS = 180;

/** Plays the whole life of the charm. Returns the problems found at the end; an empty list means success. */
export async function playStory(parts: StoryParts): Promise<readonly string[]> {
  const { stage, screen } = parts;
  heading(parts, 'The charm is deployed');
  screen.line('juju', `juju deploy ./github-runner-image-builder.charm ${APPLICATION}`);
  await stage.deploy();

  heading(parts, 'Two consumers in two clouds: two bases are built at the same time and copied');
  const near = await integrate(parts, 'runners-near', 'neighbour');
  const far = await integrate(parts, 'runners-far', 'consumer');
  await waitForImages(parts, [near, far], []);
  await waitUntilIdle(parts);

  heading(parts, 'A consumer joins late and gets copies of the existing images');
  const late = await integrate(parts, 'runners-late', 'neighbour-b');
  await waitForImages(parts, [late], []);

  await failAndRecover(parts, [near], [far, late]);

  heading(parts, 'The relation data of each consumer');
  for (const relation of [near, far, late]) showRelation(parts, relation);

  heading(parts, 'The remaining resources in the clouds');
  await waitUntilIdle(parts);
  const left = findLeftovers(stage.emulator.inventory());
  for (const line of left.lines) screen.line('cloud', line);
  return left.problems;
}

/** Runs the action while one cloud is down: the other consumers do not wait, and its consumers get their images later. */
async function failAndRecover(
  parts: StoryParts,
  here: readonly Relation[],
  away: readonly Relation[],
): Promise<void> {
  const { stage, screen } = parts;
  const { emulator } = stage;
  heading(parts, 'The operator requests new images; during the builds, cloud b goes down');
  const old = [...here, ...away].flatMap((relation) => listPublished(relation).map(({ id }) => id));
  screen.line('juju', `juju run ${APPLICATION}/0 run`);
  const { results } = await stage.agent.runAction('run', {});
  screen.line('action', JSON.stringify(results));
  await stage.until('a server', SECONDS, () => emulator.inventory().a.servers.length > 0 || undefined);
  await emulator.cloud('b').stop();
  screen.line('cloud', 'cloud b refuses connections');
  await stage.until('the copies in cloud a', SECONDS, () => countCopies(parts, old) === 2 || undefined);
  await emulator.cloud('b').start();
  screen.line('cloud', 'cloud b is back');
  await waitForImages(parts, [...here, ...away], old);
}

/** Counts the images of cloud a's consumer that are not among `old`. */
function countCopies({ stage }: StoryParts, old: readonly string[]): number {
  const { images } = stage.emulator.inventory().a;
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

/** Waits until each relation publishes two images, none of them among `old`. */
function waitForImages(
  { stage }: StoryParts,
  relations: readonly Relation[],
  old: readonly string[],
): Promise<true> {
  const isPublished = (relation: Relation): boolean => {
    const ids = listPublished(relation).map(({ id }) => id);
    return ids.length === 2 && ids.every((id) => !old.includes(id));
  };
  return stage.until('images for the consumers', SECONDS, () => relations.every(isPublished) || undefined);
}

function waitUntilIdle({ stage }: StoryParts): Promise<true> {
  return stage.until('the daemon to have nothing to do', SECONDS, async () => {
    const built = await stage.readBuilt();
    return built?.running.length === 0 && built.batch.total === built.batch.done ? true : undefined;
  });
}

/** Starts a new part of the story after showing all events of the previous one. */
function heading({ screen, unit }: StoryParts, text: string): void {
  unit.poll();
  screen.heading(text);
}

function showRelation({ screen }: StoryParts, relation: Relation): void {
  const { id, tags, images } = relation.ourDatabag();
  screen.line('relation', `${relation.name}  id: ${id ?? ''}  tags: ${tags ?? ''}  images: ${images ?? ''}`);
}
