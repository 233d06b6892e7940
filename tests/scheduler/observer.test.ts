import { describe, expect, test } from '@jest/globals';
import { chooseOffers } from '../../src/scheduler/plan/plan-offers.ts';
import { planWork } from '../../src/scheduler/plan/plan.ts';
import { NOBLE, copyOf, image, job, planInput } from './plan/plan-fixtures.ts';
import { type Pace, SECOND, SimulatedClouds } from './support/simulated-clouds.ts';

const TICK_S = 300;

/**
 * Simulates a unit that copies an existing image to a new consumer `good` and offers the copy, beside other clouds.
 * Returns the seconds of the copy's start and of the offer. The image appears at the tick number `ticks`.
 */
async function serveGood(others: Readonly<Record<string, Pace>>, ticks: number): Promise<readonly number[]> {
  const clouds = new SimulatedClouds({ builder: 1, ...others, good: 2 });
  const times: number[] = [];
  const ongoing: ReturnType<typeof job>[] = [];
  const copy = async (): Promise<void> => {
    const running = job('copy', NOBLE, ['good']);
    ongoing.push(running);
    await clouds.clock.sleep(60 * SECOND);
    ongoing.pop();
    clouds.images.set('good', [copyOf('i')]);
    clouds.observer.noteEnd(running);
    await clouds.observeChanged();
  };
  clouds.onAnswer = () => {
    const observation = clouds.observer.answersFor(clouds.input);
    const { desired } = clouds;
    const facts = planInput({ desired, observation, projects: clouds.observer.projects, ongoing });
    if (observation.every(({ cloudId }) => cloudId !== 'builder')) return;
    const isCopied = planWork(facts).some((entry) => entry.act === 'copy' && entry.uploadTo.includes('good'));
    if (isCopied && times.length === 0) {
      times.push(clouds.second);
      void copy();
    }
    if (times.length === 1 && chooseOffers(facts).get('good')?.get(NOBLE) !== undefined)
      times.push(clouds.second);
  };
  for (let tick = 0; tick <= ticks + 1; tick += 1) {
    if (tick === ticks) clouds.images.set('builder', [image('i')]);
    await clouds.observe();
    await clouds.clock.advance(TICK_S * SECOND);
  }
  return times;
}

describe('a cloud beside others', () => {
  const BAD: readonly (readonly [string, Readonly<Record<string, Pace>>])[] = [
    ['hangs', { bad: 'hangs' }],
    ['sends without end', { bad: 'floods' }],
    ['is ten times slower', { bad: 20 }],
  ];

  test.each(BAD)('A consumer gets its image exactly as fast beside a cloud that %s', async (_what, bad) => {
    const alone = await serveGood({}, 0);
    expect(alone).toEqual([2, 64]);
    expect(await serveGood(bad, 0)).toEqual(alone);
    expect(await serveGood(bad, 2)).toEqual(await serveGood({}, 2));
  });

  test('After their first observation any number of bad clouds changes nothing for a consumer', async () => {
    const bad: Record<string, Pace> = { slow: 60, flood: 'floods' };
    for (let index = 0; index < 10; index += 1) bad[`bad${index}`] = 'hangs';
    expect(await serveGood(bad, 2)).toEqual(await serveGood({}, 2));
  });

  test('A cloud that needs more time than the others is observed all the same', async () => {
    const clouds = new SimulatedClouds({ builder: 1, slow: 60, good: 1 });
    await clouds.observe();
    await clouds.clock.advance(TICK_S * SECOND);
    expect(clouds.statesOf('slow')).toEqual(['seen']);
    expect(clouds.queries).toEqual(['builder@0', 'slow@0', 'good@0', 'slow@30']);
    await clouds.observe();
    await clouds.clock.advance(TICK_S * SECOND);
    expect(clouds.queries.slice(4)).toEqual(['builder@300', 'slow@300', 'good@300']);
  });

  test('A cloud that hangs counts as failed after its second chance, and is asked in turn with other bad clouds', async () => {
    const clouds = new SimulatedClouds({ builder: 1, a: 'hangs', b: 'hangs' });
    await clouds.observe();
    await clouds.clock.advance(TICK_S * SECOND);
    expect(clouds.statesOf('a')).toEqual(['failed']);
    expect(clouds.statesOf('b')).toEqual(['failed']);
    expect(clouds.queries).toEqual(['builder@0', 'a@0', 'b@0', 'a@30', 'b@110']);
  });

  test.each([2, 4, 16])('At most %i clouds and one bad cloud are observed at a time', async (max) => {
    const paces: Record<string, Pace> = { builder: 60, bad: 'hangs', worse: 'hangs' };
    for (let index = 0; index < 30; index += 1) paces[`c${index}`] = 20;
    const clouds = new SimulatedClouds(paces, max);
    await clouds.observe();
    await clouds.clock.advance(1000 * SECOND);
    expect(clouds.maxRunning).toBe(max + 1);
  });

  test('The build cloud does not wait for consumers', async () => {
    const paces: Record<string, Pace> = { builder: 1 };
    for (let index = 0; index < 9; index += 1) paces[`bad${index}`] = 'hangs';
    const clouds = new SimulatedClouds(paces);
    await clouds.observe();
    await clouds.clock.advance(10 * SECOND);
    await clouds.observe();
    expect(clouds.queries.filter((query) => query.startsWith('builder'))).toEqual([
      'builder@0',
      'builder@10',
    ]);
  });
});

describe('an answer', () => {
  const statesOf = (clouds: SimulatedClouds, change: Partial<SimulatedClouds['input']> = {}) =>
    clouds.observer.answersFor({ ...clouds.input, ...change }).map(({ cloudId }) => cloudId);

  async function observed(): Promise<SimulatedClouds> {
    const clouds = new SimulatedClouds({ builder: 1, red: 1, blue: 1 });
    await clouds.observe();
    await clouds.clock.advance(SECOND);
    return clouds;
  }

  test('A cloud that is observed again keeps its answer until the next one arrives', async () => {
    const clouds = await observed();
    await clouds.observe();
    expect(clouds.observer.openCount).toBe(3);
    expect(statesOf(clouds)).toEqual(['builder', 'red', 'blue']);
  });

  test('An answer is not used after a job has ended in its project', async () => {
    const clouds = await observed();
    clouds.observer.noteEnd(job('copy', NOBLE, ['red']));
    expect(statesOf(clouds)).toEqual(['builder', 'blue']);
    clouds.observer.noteEnd(job('build', NOBLE, []));
    expect(statesOf(clouds)).toEqual(['blue']);
    expect([...clouds.observer.projects.keys()]).toEqual(['builder', 'red', 'blue']);
  });

  test('The answer of the build cloud is not used after a layer was made, so that builds start from it', async () => {
    const clouds = await observed();
    clouds.observer.noteEnd(job('layer', `${NOBLE}.layer`, []));
    expect(statesOf(clouds)).toEqual(['red', 'blue']);
  });

  test('A job that ends during an observation has the cloud observed once more', async () => {
    const clouds = await observed();
    await clouds.observe();
    clouds.observer.noteEnd(job('copy', NOBLE, ['red']));
    await clouds.clock.advance(SECOND);
    expect(statesOf(clouds)).toEqual(['builder', 'blue']);
    await clouds.clock.advance(SECOND);
    expect(statesOf(clouds)).toEqual(['builder', 'red', 'blue']);
    expect(clouds.queries.filter((query) => query.startsWith('red'))).toEqual(['red@0', 'red@1', 'red@2']);
  });

  test('After the end of a job only the clouds that it changed are observed', async () => {
    const clouds = await observed();
    clouds.observer.noteEnd(job('copy', NOBLE, ['red']));
    await clouds.observeChanged();
    await clouds.clock.advance(SECOND);
    expect(clouds.queries.slice(3)).toEqual(['red@1']);
    expect(statesOf(clouds)).toEqual(['builder', 'red', 'blue']);
    clouds.observer.noteEnd(job('preflight', 'all images', []));
    await clouds.observeChanged();
    expect(clouds.queries).toHaveLength(4);
  });

  test('A cloud that a job changes while it is observed for another job is observed twice, and not three times', async () => {
    const clouds = await observed();
    for (const end of [job('copy', NOBLE, ['red']), job('prune', NOBLE, ['red'])]) {
      clouds.observer.noteEnd(end);
      await clouds.observeChanged();
    }
    await clouds.clock.advance(5 * SECOND);
    expect(clouds.queries.slice(3)).toEqual(['red@1', 'red@2']);
    expect(statesOf(clouds)).toEqual(['builder', 'red', 'blue']);
  });

  test('An answer is not used with other credentials, for images that it did not check, or when it is old', async () => {
    const clouds = await observed();
    expect(statesOf(clouds, { credentialsGeneration: 2 })).toEqual([]);
    const published = [{ relationId: 0, imageIds: ['i'], isConfirmed: true }];
    expect(statesOf(clouds, { desired: { ...clouds.desired, published } })).toEqual(['builder', 'blue']);
    await clouds.clock.advance(16 * 60 * SECOND);
    expect(statesOf(clouds)).toEqual([]);
  });

  test('No cloud is observed after the daemon has stopped', async () => {
    const clouds = new SimulatedClouds({ builder: 'hangs', a: 'hangs', b: 'hangs', c: 'hangs', d: 'hangs' });
    await clouds.observe();
    clouds.stop();
    await clouds.observer.idle();
    expect(clouds.queries).toHaveLength(4);
    expect(clouds.answers).toEqual([]);
  });
});
