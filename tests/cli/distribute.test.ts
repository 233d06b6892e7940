import { beforeEach, describe, expect, test } from '@jest/globals';
import { PUT } from '../image-builder/open-store.ts';
import { useClouds } from '../image-builder/use-clouds.ts';
import { orderFor, problemsOf } from './ask.ts';
import { useProgram } from './run-program.ts';
import { uuidOf } from '../support/uuid-of.ts';

describe('the command line of distribute', () => {
  test('The command distribute keeps the order of the clouds and prunes only with --keep-revisions', () => {
    const { order } = orderFor('copy', ['distribute', uuidOf('i1'), '--upload-clouds', 'b, a']);
    expect(order).toMatchObject({ imageId: uuidOf('i1'), cloudIds: ['b', 'a'], keepRevisions: undefined });
    const keeping = orderFor('copy', ['distribute', uuidOf('i1'), '--upload-clouds', 'a', '-k', '2']);
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
    const problems = problemsOf('distribute', uuidOf('i1'), ...argv);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  test.each(['noble', '../x'])('The command distribute refuses %s, which is no id of an image', (odd) => {
    expect(problemsOf('distribute', odd, '--upload-clouds', 'a')).toEqual([
      `the argument: expected the id of an image, a UUID, got ${odd}`,
    ]);
  });

  test('The command distribute reports all problems at once', () => {
    expect(problemsOf('distribute', ' ', '-k', 'x')).toHaveLength(3);
  });

  test.each(['', 'a,,b', 'a,a'])('The command run checks --upload-clouds %p like distribute', (list) => {
    expect(problemsOf('run', 'n', '--upload-clouds', list)).toHaveLength(list === '' ? 0 : 1);
  });
});

const at = useClouds();
const program = useProgram(at);
const DATA = Buffer.alloc(1000, 1);

beforeEach(async () => {
  await program.writeClouds({
    source: at.entry('source'),
    b: at.entry('b'),
    b2: at.entry('b'),
    c: at.entry('c'),
  });
  at.source.add({ id: uuidOf('i1'), data: DATA, disk_format: 'raw' });
});

const run = (...argv: string[]) => program.run(['--os-cloud', 'source', ...argv]);

const idIn = (store: { named: () => readonly { id: string }[] }): string => store.named()[0]?.id ?? '?';

describe('distribute', () => {
  test('The command distribute prints the image of each cloud as JSON', async () => {
    const { code, json } = await run('distribute', uuidOf('i1'), '--upload-clouds', 'c,b');
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      cloud: 'source',
      image_id: uuidOf('i1'),
      images: [
        { cloud: 'c', image_id: idIn(at.c), outcome: 'copied', proven_by: 'hash', attempts: 1 },
        { cloud: 'b', image_id: idIn(at.b), outcome: 'copied', proven_by: 'hash', attempts: 1 },
      ],
      warnings: [],
    });
    expect(json()).not.toHaveProperty('error');
  });

  test('The command distribute prints the ids as text, joined by commas in the requested order', async () => {
    const { code, out } = await run('distribute', uuidOf('i1'), '--upload-clouds', 'c,b', '--format', 'text');
    expect({ code, out }).toEqual({ code: 0, out: `${idIn(at.c)},${idIn(at.b)}` });
  });

  test('A distribution that some clouds refuse ends with 6 and reports the result of every cloud', async () => {
    at.b.disturb(PUT, { status: 413, body: 'quota' });
    const { code, err, json } = await run('distribute', uuidOf('i1'), '--upload-clouds', 'b,c');
    expect(code).toBe(6);
    expect(json()).toMatchObject({
      error: { kind: 'partial', type: 'DistributionError' },
      images: [
        { cloud: 'b', outcome: 'failed', kind: 'denied', reason: expect.stringMatching('413: quota') },
        { cloud: 'c', outcome: 'copied', image_id: idIn(at.c) },
      ],
    });
    expect(err).toMatch(`ERROR: image ${uuidOf('i1')} is good, but not all clouds have it:\ncloud b: `);
  });

  test('A distribution to a cloud that is not in clouds.yaml fails only for this cloud', async () => {
    const { code, json } = await run('distribute', uuidOf('i1'), '--upload-clouds', 'x,b');
    expect(code).toBe(6);
    expect(json()).toMatchObject({
      images: [
        { cloud: 'x', outcome: 'failed', kind: 'input' },
        { cloud: 'b', outcome: 'copied' },
      ],
    });
  });

  test('A distribution of an image that does not exist ends with 2', async () => {
    const { code, json } = await run('distribute', uuidOf('i9'), '--upload-clouds', 'b');
    expect(code).toBe(2);
    expect(json()).toMatchObject({ error: { kind: 'input', type: 'InputError', step: 'read image' } });
  });

  test('A distribution to two names of one project makes one copy and reports it for both names', async () => {
    const { code, json } = await run('distribute', uuidOf('i1'), '--upload-clouds', 'b,b2,c');
    expect(code).toBe(0);
    expect(at.b.named()).toHaveLength(1);
    expect(json()['images']).toMatchObject([
      { cloud: 'b', image_id: idIn(at.b) },
      { cloud: 'b2', image_id: idIn(at.b) },
      { cloud: 'c', outcome: 'copied' },
    ]);
  });

  test('A distribution reports the pruned revisions of each cloud', async () => {
    for (const store of [at.b, at.c]) store.add({ id: uuidOf('old') });
    const { json } = await run('distribute', uuidOf('i1'), '--upload-clouds', 'b,c', '-k', '1');
    expect(json()).toMatchObject({
      pruned: [
        { cloud: 'b', images: [{ outcome: 'kept' }, { id: uuidOf('old'), outcome: 'deleted' }] },
        { cloud: 'c', images: [{ outcome: 'kept' }, { id: uuidOf('old'), outcome: 'deleted' }] },
      ],
    });
  });
});
