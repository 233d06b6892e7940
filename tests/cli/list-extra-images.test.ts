import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Observation } from '../../src/model/observation.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../src/model/owner.ts';
import { decodeListResult } from '../../src/model/result/program-result-list.ts';
import { TOKENS } from '../image-builder/open-store.ts';
import { until } from '../image-builder/until.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { type Ran, useProgram } from './run-program.ts';
import { uuidOf } from '../support/uuid-of.ts';

const at = useClouds();
const program = useProgram(at);
const OWNER: Owner = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b7' };
const IMAGES = 'GET /image/v2/images';
const ONE = 'GET /image/v2/images/:id';

beforeEach(() => program.writeClouds({ b: at.entry('b'), c: at.entry('c') }));

const list = (clouds: string, ...more: string[]): Promise<Ran> =>
  program.run(['list', '--clouds', clouds, ...more]);
const observationOf = ({ out }: Ran): Observation => decodeListResult(out)?.clouds ?? [];
/** Returns a value of --also that names images by the words of their ids. */
const pairs = (...named: readonly (readonly [string, string])[]): string =>
  named.map(([cloud, word]) => `${cloud}=${uuidOf(word)}`).join(',');
const extraActiveIn = (ran: Ran) =>
  observationOf(ran).map((cloud) => (cloud.state === 'seen' ? (cloud.activeExtraIds ?? []) : cloud.kind));

describe('list --also', () => {
  test('The option --also reports which extra images of each cloud are active, for any owner', async () => {
    at.b.add({ id: uuidOf('theirs') });
    at.b.add({ id: uuidOf('half'), status: 'saving' });
    at.c.add({ id: uuidOf('theirs') });
    const ran = await list(
      'b,c',
      '--also',
      pairs(['b', 'theirs'], ['b', 'half']),
      pairs(['b', 'nowhere']),
      pairs(['c', 'half']),
    );
    expect(extraActiveIn(ran)).toEqual([[uuidOf('theirs')], []]);
  });

  test('The option --also requests an image only from its own cloud and only when it was not listed', async () => {
    at.b.add({ id: uuidOf('ours'), ...encodeOwner(OWNER), [OWNER_KEYS.kind]: 'runner' });
    await list('b,c', '--also', pairs(['b', 'ours'], ['b', 'i1']), pairs(['c', 'i2']));
    const requested = [at.b, at.c].map((store) => store.seen(ONE));
    expect(requested).toEqual([
      [`GET /image/v2/images/${uuidOf('i1')}`],
      [`GET /image/v2/images/${uuidOf('i2')}`],
    ]);
  });

  test('The option --also requests at most four images of a cloud at a time', async () => {
    let most = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const arrivals = at.b.arrivals(ONE, (nth) => {
      most = Math.max(most, nth - at.b.seen(ONE).length);
    });
    at.b.disturb(ONE, { heldUntil: held });
    const running = list(
      'b',
      '--also',
      ...Array.from({ length: 12 }, (_, index) => pairs(['b', `i${index}`])),
    );
    await arrivals.reach(4);
    await new Promise((resolve) => setTimeout(resolve, 5)); // time for a fifth request to arrive
    release();
    await running;
    expect([most, arrivals.count()]).toEqual([4, 12]);
  });

  test.each([400, 403, 404])(
    'An extra image that is answered with %i counts as not active',
    async (status) => {
      at.b.add({ id: uuidOf('theirs') });
      at.b.disturb(`GET /image/v2/images/${uuidOf('odd')}`, { status });
      expect(extraActiveIn(await list('b', '--also', pairs(['b', 'odd'], ['b', 'theirs'])))).toEqual([
        [uuidOf('theirs')],
      ]);
    },
  );

  test('A cloud that cannot answer for an extra image is reported as failed', async () => {
    at.b.disturb(`GET /image/v2/images/${uuidOf('i1')}`, { status: 503 });
    const ran = await list('b', '--also', pairs(['b', 'i1']), '--api-timeout', '1');
    expect(extraActiveIn(ran)).toEqual(['unavailable']);
  });

  test.each([
    ['i1', '--also: expected CLOUD=ID, got i1'],
    ['b=', '--also: expected CLOUD=ID, got b='],
    ['=i1', '--also: expected CLOUD=ID, got =i1'],
    ['b=i1', '--also: expected the id of an image, a UUID, got i1'],
    [`c=${uuidOf('i1')}`, '--also: expected images of b, got one of c'],
  ])('The value %s of --also is refused', async (pair, message) => {
    const ran = await list('b', '--also', pair);
    expect(ran.code).toBe(2);
    expect(ran.json()).toMatchObject({ error: { kind: 'input', message } });
  });
});

describe('list with --owner', () => {
  test('The command list with --owner lets Glance filter by the owner', async () => {
    at.b.add({ id: uuidOf('mine'), ...encodeOwner(OWNER), [OWNER_KEYS.kind]: 'runner' });
    at.b.add({
      id: uuidOf('theirs'),
      ...encodeOwner({ ...OWNER, application: 'other' }),
      [OWNER_KEYS.kind]: 'runner',
    });
    await list('b', '--owner', '{"application": "app", "model_uuid": "m"}');
    expect(at.b.answers(IMAGES)).toMatchObject([{ images: [{ id: uuidOf('mine') }] }]);
  });
});

describe('list of many clouds', () => {
  const names = Array.from({ length: 9 }, (_, index) => `a${index}`);
  beforeEach(() => program.writeClouds(Object.fromEntries(names.map((name) => [name, at.entry('b')]))));

  test('The command list connects to eight clouds at a time', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    at.b.disturb(TOKENS, { heldUntil: held });
    at.b.disturb(TOKENS, { status: 401 });
    const logins = at.b.arrivals(TOKENS);
    const running = list(names.join(','));
    await logins.reach(8);
    await new Promise((resolve) => setTimeout(resolve, 50)); // time for a ninth request to arrive
    expect(logins.count()).toBe(8);
    release();
    expect(observationOf(await running)).toHaveLength(9);
    expect(logins.count()).toBe(9);
  });
});

describe('a cloud with an endless list', () => {
  test('A cloud with an endless list fails at its deadline and the others are reported', async () => {
    let page = 0;
    const endless = {
      images: [],
      get next(): string {
        return `/v2/images?marker=${(page += 1)}`;
      },
    };
    at.b.disturb(IMAGES, { status: 200, body: endless });
    const asked = at.c.arrivals(IMAGES);
    const running = list('b,c', '--api-timeout', '30');
    await asked.reach(1);
    await until(() => page > 3 && at.clock.countSleepers(60_000) === 1); // cloud c has answered
    at.clock.advance(60_000);
    expect(observationOf(await running)).toMatchObject([
      { cloudId: 'b', state: 'failed', kind: 'unavailable', message: expect.stringMatching('within 60 s') },
      { cloudId: 'c', state: 'seen' },
    ]);
  });
});
