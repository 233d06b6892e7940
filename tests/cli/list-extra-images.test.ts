import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Observation } from '../../src/model/observation.ts';
import { OWNER_KEYS, type Owner, encodeOwner } from '../../src/model/owner.ts';
import { decodeListResult } from '../../src/model/program-result-list.ts';
import { TOKENS } from '../support/http-cloud.ts';
import { until, useScriptedClouds } from '../image-builder/scripted-clouds.ts';
import { type Ran, useProgram } from './run-program.ts';

const at = useScriptedClouds();
const program = useProgram(at);
const OWNER: Owner = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b7' };
const IMAGES = 'GET /v2/images';
const ONE = 'GET /v2/images/*';

beforeEach(() => program.writeClouds({ a: at.a.http.origin, b: at.b.http.origin }));

const list = (clouds: string, ...more: string[]): Promise<Ran> =>
  program.run(['list', '--clouds', clouds, ...more]);
const observationOf = ({ out }: Ran): Observation => decodeListResult(out)?.clouds ?? [];
const extraActiveIn = (ran: Ran) =>
  observationOf(ran).map((cloud) => (cloud.state === 'seen' ? (cloud.activeExtraIds ?? []) : cloud.kind));

describe('list --also', () => {
  test('The option --also reports which extra images of each cloud are active, for any owner', async () => {
    at.a.glance.add({ id: 'theirs' });
    at.a.glance.add({ id: 'half', status: 'saving' });
    at.b.glance.add({ id: 'theirs' });
    const ran = await list('a,b', '--also', 'a=theirs,a=half', 'a=nowhere', 'b=half');
    expect(extraActiveIn(ran)).toEqual([['theirs'], []]);
  });

  test('The option --also requests an image only from its own cloud and only when it was not listed', async () => {
    at.a.glance.add({ id: 'ours', ...encodeOwner(OWNER), [OWNER_KEYS.kind]: 'runner' });
    await list('a,b', '--also', 'a=ours,a=i1', 'b=i2');
    const requested = [at.a, at.b].map(({ http }) => http.requests(ONE).map(({ url }) => url.pathname));
    expect(requested).toEqual([['/v2/images/i1'], ['/v2/images/i2']]);
  });

  test('The option --also requests at most four images of a cloud at a time', async () => {
    let open = 0;
    let most = 0;
    at.a.http.on(ONE, async () => {
      most = Math.max(most, (open += 1));
      await at.a.http.waitFor(ONE, 4);
      await new Promise((resolve) => setTimeout(resolve, 5)); // time for a fifth request to arrive
      open -= 1;
      return { status: 404 };
    });
    await list('a', '--also', ...Array.from({ length: 12 }, (_, index) => `a=i${index}`));
    expect([most, at.a.http.requests(ONE).length]).toEqual([4, 12]);
  });

  test.each([400, 403, 404])(
    'An extra image that is answered with %i counts as not active',
    async (status) => {
      at.a.glance.add({ id: 'theirs' });
      at.a.http.on('GET /v2/images/odd', { status });
      expect(extraActiveIn(await list('a', '--also', 'a=odd', 'a=theirs'))).toEqual([['theirs']]);
    },
  );

  test('A cloud that cannot answer for an extra image is reported as failed', async () => {
    at.a.http.on('GET /v2/images/i1', { status: 503 });
    const ran = await list('a', '--also', 'a=i1', '--api-timeout', '1');
    expect(extraActiveIn(ran)).toEqual(['unavailable']);
  });

  test.each([
    ['i1', '--also: expected CLOUD=ID, got i1'],
    ['a=', '--also: expected CLOUD=ID, got a='],
    ['=i1', '--also: expected CLOUD=ID, got =i1'],
    ['c=i1', '--also: expected images of a, got one of c'],
  ])('The value %s of --also is refused', async (pair, message) => {
    const ran = await list('a', '--also', pair);
    expect(ran.code).toBe(2);
    expect(ran.json()).toMatchObject({ error: { kind: 'input', message } });
  });
});

describe('list with --owner', () => {
  test('The command list with --owner lets Glance filter by the owner', async () => {
    await list('a', '--owner', '{"application": "app", "model_uuid": "m"}');
    const [request] = at.a.http.requests(IMAGES);
    expect(request?.url.searchParams.get(OWNER_KEYS.application)).toBe('app');
  });
});

describe('list of many clouds', () => {
  const names = Array.from({ length: 9 }, (_, index) => `a${index}`);
  beforeEach(() => program.writeClouds(Object.fromEntries(names.map((name) => [name, at.a.http.origin]))));

  test('The command list connects to eight clouds at a time', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    at.a.http.on(TOKENS, async () => {
      await held;
      return { status: 401 };
    });
    const running = list(names.join(','));
    await at.a.http.waitFor(TOKENS, 8);
    await new Promise((resolve) => setTimeout(resolve, 50)); // time for a ninth request to arrive
    expect(at.a.http.requests(TOKENS)).toHaveLength(8);
    release();
    expect(observationOf(await running)).toHaveLength(9);
    expect(at.a.http.requests(TOKENS)).toHaveLength(9);
  });
});

describe('a cloud with an endless list', () => {
  test('A cloud with an endless list fails at its deadline and the others are reported', async () => {
    let page = 0;
    at.a.http.on(IMAGES, () => ({ body: { images: [], next: `/v2/images?marker=${(page += 1)}` } }));
    const running = list('a,b', '--api-timeout', '30');
    await until(() => page > 3);
    await until(() => at.clock.hasSleeper(60_000));
    at.clock.advance(60_000);
    expect(observationOf(await running)).toMatchObject([
      { cloudId: 'a', state: 'failed', kind: 'unavailable', message: expect.stringMatching('within 60 s') },
      { cloudId: 'b', state: 'seen' },
    ]);
  });
});
