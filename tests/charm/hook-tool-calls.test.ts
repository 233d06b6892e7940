import { describe, expect, test } from '@jest/globals';
import { uuidOf } from '../support/uuid-of.ts';
import { addSecret, grantSecret } from '../support/juju/model/secrets.ts';
import { addJoinedUnit, addRelation } from '../support/juju/model/relations.ts';
import { built, consumerDatabag, report } from './support/facts.ts';
import { peersOf } from './support/revisions.ts';
import type { TestUnit } from './support/unit.ts';
import { configure, useUnit } from './support/use-unit.ts';

const fixture = useUnit();

/** The calls of a dispatch that do not depend on the number of relations. */
const FIXED_CALLS = 10;

/** Lists the hook tools that a dispatch of `event` calls. */
async function callsOf(unit: TestUnit, event: string): Promise<readonly string[]> {
  const before = unit.model.toolCalls.length;
  expect(await unit.hook(event)).toBe(0);
  return unit.model.toolCalls.slice(before).map(({ tool, args }) => [tool, ...args].join(' '));
}

function countOf(tool: string, calls: readonly string[]): number {
  return calls.filter((call) => call.split(' ')[0] === tool).length;
}

/** Configures every option that names a secret of builds, and relates a consumer for each number of units. */
function setUp(unit: TestUnit, unitsOfConsumers: readonly number[]): void {
  const script = addSecret(unit.model, 'script', { 'api-token': 'secret' });
  grantSecret(unit.model, script);
  configure(unit, { 'script-secret-id': script, 'script-url': 'https://example.com/script.sh' });
  unitsOfConsumers.forEach((units, index) => {
    const application = `consumer${index}`;
    const relation = addRelation(unit.model, 'image', application);
    relation.created = true;
    for (let number = 0; number < units; number++) {
      const data = consumerDatabag({ project_name: `project-${index}-${number}` });
      addJoinedUnit(relation, `${application}/${number}`, data);
    }
  });
}

async function publish(unit: TestUnit): Promise<void> {
  const clouds = (await unit.cloudIds()).map((cloudId) =>
    report(cloudId, { noble: uuidOf(`in ${cloudId}`) }),
  );
  await unit.report(built({ clouds }));
}

describe('a dispatch with nothing to write', () => {
  test.each([
    ['no relation', [], FIXED_CALLS],
    ['one relation', [1], FIXED_CALLS + 3],
    ['30 relations', Array<number>(30).fill(1), FIXED_CALLS + 30 * 3],
    ['consumers of several units', [3, 1, 2], FIXED_CALLS + 3 * 2 + 6],
    ['a consumer that has no unit yet', [0, 1], FIXED_CALLS + 3 + 3],
  ])(
    'A dispatch without changes makes no more hook tool calls than needed with %s',
    async (_, units, most) => {
      const { unit } = fixture;
      setUp(unit, units);
      await unit.hook('install');
      await publish(unit);
      await unit.hook('update-status'); // publishes
      await unit.hook('update-status'); // confirms the publication
      const calls = await callsOf(unit, 'update-status');
      expect(calls).toHaveLength(most);
      expect(await callsOf(unit, 'update-status')).toEqual(calls);
      expect(new Set(calls).size).toBe(calls.length);
    },
  );

  test('Another unit of the application costs one call, and one for the unit itself', async () => {
    const { unit } = fixture;
    setUp(unit, [1]);
    await unit.hook('install');
    for (const name of ['app/1', 'app/2']) addJoinedUnit(peersOf(unit), name, { published: '[]' });
    await publish(unit);
    for (const event of ['update-status', 'update-status']) await unit.hook(event); // publish and confirm
    expect(await callsOf(unit, 'update-status')).toHaveLength(FIXED_CALLS + 3 + 2 + 1);
  });

  test('A collector of metrics costs no call in update-status and two calls in an event that may change its relation', async () => {
    const { unit } = fixture;
    setUp(unit, [1]);
    await unit.hook('install');
    const relation = addRelation(unit.model, 'cos-agent', 'collector');
    addJoinedUnit(relation, 'collector/0');
    await publish(unit);
    for (const event of ['update-status', 'config-changed']) await unit.hook(event); // publish and confirm
    expect(await callsOf(unit, 'update-status')).toHaveLength(FIXED_CALLS + 3);
    expect(await callsOf(unit, 'config-changed')).toHaveLength(FIXED_CALLS + 3 + 2);
  });

  test('A dispatch queries the application of a relation only when it has no unit', async () => {
    const { unit } = fixture;
    setUp(unit, [0, 1]);
    await unit.hook('install');
    const calls = await callsOf(unit, 'update-status');
    const asked = calls.filter((call) => call.endsWith('--app'));
    expect(asked).toEqual(['relation-list --format=json -r image:1 --app']);
  });

  test('The status names a consumer that has no unit yet', async () => {
    const { unit } = fixture;
    setUp(unit, [0]);
    await unit.hook('install');
    expect(unit.status).toBe('waiting: waiting for credentials from consumer0');
  });
});

describe('a dispatch that publishes to 30 relations', () => {
  test('Publishing to 30 relations takes one relation-set each and one log line for all', async () => {
    const { unit } = fixture;
    setUp(unit, Array<number>(30).fill(1));
    await unit.hook('install');
    await publish(unit);
    const calls = await callsOf(unit, 'update-status');
    const written = [countOf('relation-set', calls), countOf('juju-log', calls)];
    expect(written).toEqual([30, 2]); // the second line is about desired.json
    expect(calls).toHaveLength(FIXED_CALLS + 30 * 3 + 30 + 2);
    const [line = ''] = unit.model.log
      .map(({ message }) => message)
      .filter((text) => text.startsWith('relation data'));
    expect(line).toMatch(/ids\.image:1=.* ids\.image:30=/);
  });
});
