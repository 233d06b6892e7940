import { beforeEach, describe, expect, test } from '@jest/globals';
import { FILE, useScriptedClouds } from '../image-builder/scripted-clouds.ts';
import { orderFor, problemsOf } from './ask.ts';
import { useProgram } from './run-program.ts';

describe('the command line of distribute', () => {
  test('The command distribute keeps the order of the clouds and prunes only with --keep-revisions', () => {
    const { order } = orderFor('copy', ['distribute', 'i1', '--upload-clouds', 'b, a']);
    expect(order).toMatchObject({ imageId: 'i1', cloudIds: ['b', 'a'], keepRevisions: undefined });
    const keeping = orderFor('copy', ['distribute', 'i1', '--upload-clouds', 'a', '-k', '2']);
    expect(keeping.order.keepRevisions).toBe(2);
  });

  test.each([
    [[], '--upload-clouds: expected at least one cloud of clouds.yaml, got nothing'],
    [['--upload-clouds', ''], '--upload-clouds: expected at least one cloud of clouds.yaml, got nothing'],
    [['--upload-clouds', 'a,b,a'], '--upload-clouds: expected each cloud once, got a twice'],
    [['--upload-clouds', 'a, a'], '--upload-clouds: expected each cloud once, got a twice'],
    [['--upload-clouds', 'a,,b'], '--upload-clouds: expected names with commas between them, got a,,b'],
    [['--upload-clouds', 'a,'], '--upload-clouds: expected names with commas between them, got a,'],
    [
      ['--upload-clouds', 'a', '-k', '0'],
      '--keep-revisions: expected a whole number from 1 to 1000000, got 0',
    ],
    [['--upload-clouds', 'a', '--stall-timeout', 'x'], '--stall-timeout: expected a whole number'],
  ])('The command distribute refuses %j', (argv, problem) => {
    const problems = problemsOf('distribute', 'i1', ...argv);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  test('The command distribute reports all problems at once', () => {
    expect(problemsOf('distribute', ' ', '-k', 'x')).toHaveLength(3);
  });

  test.each(['', 'a,,b', 'a,a'])('The command run checks --upload-clouds %p like distribute', (list) => {
    expect(problemsOf('run', 'n', '--upload-clouds', list)).toHaveLength(list === '' ? 0 : 1);
  });
});

const at = useScriptedClouds();
const program = useProgram(at);
const DATA = Buffer.alloc(1000, 1);

beforeEach(async () => {
  await program.writeClouds({
    source: at.source.http.origin,
    a: at.a.http.origin,
    a2: at.a.http.origin,
    b: at.b.http.origin,
  });
  at.source.data.set('i1', DATA);
  at.source.glance.add({ id: 'i1', size: DATA.length, disk_format: 'raw', ...at.source.hashesOf(DATA) });
});

const run = (...argv: string[]) => program.run(['--os-cloud', 'source', ...argv]);

const idIn = (store: { named: () => readonly { id: string }[] }): string => store.named()[0]?.id ?? '?';

describe('distribute', () => {
  test('The command distribute prints the image of each cloud as JSON', async () => {
    const { code, json } = await run('distribute', 'i1', '--upload-clouds', 'b,a');
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      cloud: 'source',
      image_id: 'i1',
      images: [
        { cloud: 'b', image_id: idIn(at.b), outcome: 'copied', proven_by: 'hash', attempts: 1 },
        { cloud: 'a', image_id: idIn(at.a), outcome: 'copied', proven_by: 'hash', attempts: 1 },
      ],
      warnings: [],
    });
    expect(json()).not.toHaveProperty('error');
  });

  test('The command distribute prints the ids as text, joined by commas in the requested order', async () => {
    const { code, out } = await run('distribute', 'i1', '--upload-clouds', 'b,a', '--format', 'text');
    expect({ code, out }).toEqual({ code: 0, out: `${idIn(at.b)},${idIn(at.a)}` });
  });

  test('A distribution that some clouds refuse ends with 6 and reports the result of every cloud', async () => {
    at.a.http.on(`PUT ${FILE}`, { status: 413, body: 'quota' });
    const { code, err, json } = await run('distribute', 'i1', '--upload-clouds', 'a,b');
    expect(code).toBe(6);
    expect(json()).toMatchObject({
      error: { kind: 'partial', type: 'DistributionError' },
      images: [
        { cloud: 'a', outcome: 'failed', kind: 'denied', reason: expect.stringMatching('413: quota') },
        { cloud: 'b', outcome: 'copied', image_id: idIn(at.b) },
      ],
    });
    expect(err).toMatch(/ERROR: image i1 is good, but not all clouds have it:\ncloud a: /);
  });

  test('A distribution to a cloud that is not in clouds.yaml fails only for this cloud', async () => {
    const { code, json } = await run('distribute', 'i1', '--upload-clouds', 'x,a');
    expect(code).toBe(6);
    expect(json()).toMatchObject({
      images: [
        { cloud: 'x', outcome: 'failed', kind: 'input' },
        { cloud: 'a', outcome: 'copied' },
      ],
    });
  });

  test('A distribution of an image that does not exist ends with 2', async () => {
    const { code, json } = await run('distribute', 'i9', '--upload-clouds', 'a');
    expect(code).toBe(2);
    expect(json()).toMatchObject({ error: { kind: 'input', type: 'InputError', step: 'read image' } });
  });

  test('A distribution to two names of one project makes one copy and reports it for both names', async () => {
    const { code, json } = await run('distribute', 'i1', '--upload-clouds', 'a,a2,b');
    expect(code).toBe(0);
    expect(at.a.named()).toHaveLength(1);
    expect(json()['images']).toMatchObject([
      { cloud: 'a', image_id: idIn(at.a) },
      { cloud: 'a2', image_id: idIn(at.a) },
      { cloud: 'b', outcome: 'copied' },
    ]);
  });

  test('A distribution reports the pruned revisions of each cloud', async () => {
    for (const { glance } of [at.a, at.b]) glance.add({ id: 'old' });
    const { json } = await run('distribute', 'i1', '--upload-clouds', 'a,b', '-k', '1');
    expect(json()).toMatchObject({
      pruned: [
        { cloud: 'a', images: [{ outcome: 'kept' }, { id: 'old', outcome: 'deleted' }] },
        { cloud: 'b', images: [{ outcome: 'kept' }, { id: 'old', outcome: 'deleted' }] },
      ],
    });
  });
});
