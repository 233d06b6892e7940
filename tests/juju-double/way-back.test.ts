import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { describeWith } from '../support/debian/find-program.ts';
import { readWayBack } from '../support/docs/way-back.ts';
import { readCharm, readPackedCharm } from '../support/juju/charm/charm-unzip.ts';
import { packPythonCharm } from '../support/juju/charm/pack-python-charm.ts';
import { ERA_OPTIONS, type Era } from '../support/juju/charm/python-charm.ts';
import { checkRefresh } from '../support/juju/charm/refresh-rules.ts';
import { createModel } from '../support/juju/model/model.ts';
import { addJoinedUnit, addRelation } from '../support/juju/model/relations.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'way-back-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Returns a unit of this charm with a consumer and, as another unit of the application, a peer. */
async function unitOf(jujuVersion: string, units: number) {
  const charm = await readCharm('dist/charm');
  const model = createModel({ charm, base: 'ubuntu@22.04', jujuVersion, now: () => 1000 });
  addRelation(model, 'image', 'consumer');
  const peers = model.relations.find(({ isPeer }) => isPeer);
  if (peers === undefined) throw new Error('expected a peer relation, got none');
  if (units > 1) addJoinedUnit(peers, `${model.application}/1`);
  return model;
}

const CASES = (Object.keys(ERA_OPTIONS) as Era[]).flatMap((era) =>
  (
    [
      ['3.6.28', 1],
      ['3.6.28', 2],
      ['4.0.15', 1],
      ['4.0.15', 2],
    ] as const
  ).map(([juju, units]) => [era, juju, units] as const),
);

describeWith('zip', 'the way back to the Python charm', () => {
  test.each(CASES)(
    'The commands of the page make a charm of the era %s to which Juju %s refreshes %i units',
    async (era, juju, units) => {
      const python = await packPythonCharm(era, 'app/0', { folder });
      const model = await unitOf(juju, units);
      const isPlainAccepted = juju.startsWith('3.') && units === 1;
      const attempt = () => checkRefresh(model, next);
      let next = await readPackedCharm(python);
      if (isPlainAccepted) expect(attempt).not.toThrow();
      else expect(attempt).toThrow('peer');
      const copy = `cp ${python} python.charm; juju() { :; }\n`;
      const page = readWayBack().replaceAll('<channel>', 'stable');
      await execa('sh', ['-euc', copy + page], { cwd: folder });
      next = await readPackedCharm(join(folder, 'python-with-peers.charm'));
      expect(attempt).not.toThrow();
    },
  );
});
