import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../../src/model/errors.ts';
import { encodeJobArguments, parseJobArguments } from '../../../src/model/job/job-arguments.ts';
import {
  type JobOrder,
  type WorkOrder,
  encodeJobOrder,
  ownerOf,
  parseJobOrder,
  timeoutsOf,
} from '../../../src/model/job/job-order.ts';
import { toOngoingJob } from '../../../src/model/job/to-ongoing-job.ts';
import { DEFAULT_TIMEOUTS } from '../../../src/model/job/timeouts.ts';
import { buildOrder, orderHead } from '../../builder/support/jobs.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const build = buildOrder({ timeouts: { apiTimeout: 9 }, sshPort: 2222, keepRevisions: 3 });
const { entry, imageName, cloudIds } = build;
const head = orderHead();
const REVISIONS = {
  keepRevisions: 5,
  protectedIds: [uuidOf('p')],
  deletableIds: [uuidOf('d')],
  publishedIds: [],
  isDryRun: true,
};
const prepare: WorkOrder = { ...head, kind: 'prepare', entries: [entry] };
const copy: WorkOrder = {
  ...head,
  ...{ kind: 'copy', imageName, imageId: uuidOf('i'), buildCloud: 'builder', cloudIds },
  ...{ withinCloud: 'share', keepRevisions: undefined },
};
const prune: WorkOrder = { ...head, kind: 'prune', imageName, cloudId: 'c', ...REVISIONS };
const list: JobOrder = {
  ...head,
  kind: 'list',
  cloudIds,
  extraImages: [{ cloudId: 'a', imageId: uuidOf('i') }],
};

describe('an order', () => {
  test.each([build, prepare, copy, prune, list].map((order) => [order.kind, order] as const))(
    'An order to %s is the same after encoding and decoding',
    (_kind, order) => {
      expect(parseJobOrder(encodeJobOrder(order))).toEqual(order);
    },
  );

  test.each([
    [
      'no kind',
      { kind: undefined },
      'order.json.kind: expected one of build, layer, prepare, copy, prune, sweep, prune-clouds, preflight, trial, list',
    ],
    ['the kind of a property of objects', { kind: 'constructor' }, 'order.json.kind'],
    ['another format', { format: 2 }, 'order.json.format: expected one of 1'],
    ['an id that cannot name a folder', { id: '../b1' }, 'order.json.id: expected up to 63 letters'],
    ['an unknown time-out', { timeouts: { tea: 5 } }, 'order.json.timeouts.tea: is not a time-out'],
    ['an invalid time', { orderedAt: 'soon' }, 'order.json.orderedAt: expected a time'],
  ])('An order with %s is refused', (_what, change, problem) => {
    const parse = () => parseJobOrder(JSON.stringify({ ...build, ...change }));
    expect(parse).toThrow(InputError);
    expect(parse).toThrow(problem);
  });

  test.each(['', ' ', 'image-1', '../x', 'x'.repeat(150_000)])(
    'An order to copy or prune an image whose id is no UUID is refused (%#)',
    (odd) => {
      const refused = [
        { ...copy, imageId: odd },
        { ...prune, deletableIds: [odd] },
      ];
      for (const order of refused)
        expect(() => parseJobOrder(JSON.stringify(order))).toThrow('expected a UUID');
    },
  );

  test('An id to protect that is no UUID is left out of an order, since no cloud has an image with it', () => {
    const protectedIds = ['../x', uuidOf('p')];
    const text = JSON.stringify({ ...prune, protectedIds, publishedIds: protectedIds });
    expect(parseJobOrder(text)).toMatchObject({ protectedIds: [uuidOf('p')], publishedIds: [uuidOf('p')] });
  });

  test('An order with a script URL instead of a reference is refused', () => {
    const text = encodeJobOrder(build).replace('"secrets.json"', '"https://x/"');
    expect(() => parseJobOrder(text)).toThrow('order.json.entry.image.scriptUrl: expected one of');
  });

  test('An order to prepare no bases is refused', () => {
    const text = JSON.stringify({ ...prepare, entries: [] });
    expect(() => parseJobOrder(text)).toThrow('order.json.entries: expected at least one');
  });

  test.each([
    ['build', build, 'img', ['a']],
    ['prepare', prepare, 'noble', []],
    ['copy', copy, 'img', ['a']],
    ['prune', prune, 'img', ['c']],
  ] as const)(
    'The job of an order to %s has its subject and its clouds',
    (_kind, order, subject, cloudIds) => {
      const startedAt = Date.parse(order.orderedAt);
      const { kind, reason } = order;
      const deletable = kind === 'prune' ? { deletableIds: [uuidOf('d')] } : {};
      const job = { kind, buildId: 'b1', subject, cloudIds, reason, startedAt, ...deletable };
      expect(toOngoingJob(order)).toEqual(job);
    },
  );

  test('An order gives all time-outs, and the owner of a build carries its inputs', () => {
    expect(timeoutsOf(build)).toEqual({ ...DEFAULT_TIMEOUTS, apiTimeout: 9 });
    const owner = { application: 'app', modelUuid: 'model-1', unit: 'app/0', buildId: 'b1' };
    expect(ownerOf(build)).toEqual({ ...owner, runConfig: build.inputs });
    expect(ownerOf(prune)).toEqual(owner);
  });
});

describe('the arguments of a job', () => {
  test('The arguments of a job contain only its owner, kind and id', () => {
    const args = encodeJobArguments(prune);
    expect(args).toEqual(['job', 'prune', 'b1', '--owner', 'app/0@model-1']);
    expect(parseJobArguments(args)).toEqual({ kind: 'prune', buildId: 'b1', owner: 'app/0@model-1' });
  });

  test.each([
    [[]],
    [['job']],
    [['run', 'b', 'b1', '--owner', 'o']],
    [['job', 'b', 'b1', '--owner', 'o', 'x']],
  ])('The arguments %j name no job', (args) => {
    expect(parseJobArguments(args)).toBeUndefined();
  });
});
