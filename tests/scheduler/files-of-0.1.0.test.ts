import { expect, test } from '@jest/globals';
import { parseBuilt } from '../../src/model/unit/built.ts';
import { parseDesiredState } from '../../src/model/unit/desired-state.ts';
import { parseHostSecrets } from '../../src/model/job/host-secrets.ts';
import { parseSchedule } from '../../src/model/unit/schedule.ts';
import { parseJournal } from '../../src/scheduler/journal/parse-journal.ts';
import { FORMER_FILES } from '../support/files-of-0.1.0.ts';
import { readCharm } from '../support/juju/charm/charm-unzip.ts';
import { parseCharm } from '../support/juju/charm/charm-files.ts';
import { applyRefresh, checkRefresh } from '../support/juju/charm/refresh-rules.ts';
import { changeConfig, readConfig } from '../support/juju/model/config-values.ts';
import { createModel } from '../support/juju/model/model.ts';
import { addRelation } from '../support/juju/model/relations.ts';

const textOf = (name: keyof typeof FORMER_FILES): string => JSON.stringify(FORMER_FILES[name]);

test('built.json of 0.1.0 is read with its clouds, jobs, failures and answers', () => {
  const { running, failures, clouds, answered, endedBuilds, nextBuildAt, batch } = FORMER_FILES['built.json'];
  const built = parseBuilt(textOf('built.json'));
  expect(built).toMatchObject({ running, failures, answered, endedBuilds, nextBuildAt, batch });
  expect(built.clouds).toMatchObject([
    clouds[0],
    { ...clouds[1], failure: { kind: 'unavailable', type: '' } },
  ]);
});

test('journal.json of 0.1.0 is read without a complaint, with preparations, failures, prunes and answers', () => {
  const { preparedAt, preparedUnder, failures, pruned, answered, endedBuilds } = FORMER_FILES['journal.json'];
  const { journal, isCorrupt } = parseJournal(textOf('journal.json'));
  expect(isCorrupt).toBe(false);
  expect(journal).toMatchObject({ preparedAt, preparedUnder, failures, answered, endedBuilds });
  expect(journal.pruned).toEqual({
    'prune app-noble-x64 red': { ids: [], at: pruned['prune app-noble-x64 red'].at },
  });
});

test('desired.json, schedule.json and secrets.json of 0.1.0 are read', () => {
  expect([...parseDesiredState(textOf('desired.json')).images.keys()]).toEqual([
    'app-noble-x64',
    'app-jammy-x64',
  ]);
  expect(parseSchedule(textOf('schedule.json'))).toMatchObject(FORMER_FILES['schedule.json']);
  expect(Object.keys(parseHostSecrets(textOf('secrets.json')).scriptSecrets)).toEqual(['API_TOKEN']);
});

const OPTIONS = {
  ...{ architecture: 'amd64', 'base-image': 'noble,22.04', 'build-flavor': 'big', 'build-interval': 24 },
  ...{ 'build-network': 'net', 'cloud-images-url': 'https://images.example', 'max-parallel-builds': 16 },
  ...{ 'openstack-auth-url': 'https://keystone.example.com:5000/v3', 'openstack-region': 'north' },
  ...{ 'openstack-password-secret': 'secret:d5zzzzzzzzzzzzzzzzzz', 'openstack-project-name': 'images' },
  ...{ 'openstack-project-domain-name': 'default', 'openstack-user-domain-name': 'default' },
  ...{ 'openstack-user-name': 'builder', 'revision-history-limit': 99, 'runner-version': '2.331.0' },
  ...{ 'runner-releases-url': 'https://runners.example', 'script-url': 'https://example.com/setup.sh' },
  ...{ 'script-secret-id': 'secret:d5yyyyyyyyyyyyyyyyyy' },
};

test.each(['3.6.28', '4.0.15'])(
  'Juju %s refreshes 0.1.0 to this charm, and every option keeps its value',
  async (jujuVersion) => {
    const typeOf = (value: string | number): string =>
      typeof value === 'number' ? 'int' : value.startsWith('secret:') ? 'secret' : 'string';
    const options = Object.fromEntries(
      Object.entries(OPTIONS).map(([name, value]) => [name, { type: typeOf(value) }]),
    );
    const former = parseCharm({
      metadata:
        'name: github-runner-image-builder\nsummary: s\ndescription: d\nprovides: { image: { interface: github_runner_image_v0 } }\n',
      config: JSON.stringify({ options }),
      actions: 'run: {}\n',
      manifest: 'bases: [{ name: ubuntu, channel: "24.04", architectures: [amd64] }]\n',
    });
    const model = createModel({ charm: former, base: 'ubuntu@24.04', jujuVersion, now: () => 1000 });
    addRelation(model, 'image', 'consumer');
    changeConfig(model, OPTIONS);
    const ours = await readCharm('dist/charm');
    checkRefresh(model, ours);
    applyRefresh(model, ours);
    expect(readConfig(model)).toMatchObject(OPTIONS);
    expect(model.relations.map(({ endpoint }) => endpoint).sort()).toEqual(['image', 'peers']);
  },
);
