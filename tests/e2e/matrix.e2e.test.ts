import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Relation } from '../support/juju/unit-agent.ts';
import { type Mirror, startMirror } from '../support/mirror.ts';
import { type BuilderUser, createBuilderUser } from './support/builder-user.ts';
import { APPLICATION, type Deployment, deployCharm } from './support/charm-on-lab.ts';
import { describeImage, wipeImages } from './support/copies.ts';
import { findInImage } from './support/image-search.ts';
import { GATEWAY, baseImageFile } from './support/lab.ts';
import { consumerDatabag } from './support/lab-credentials.ts';
import { takeInventory } from './support/inventory.ts';
import { takeLeftovers } from './support/run-on-lab.ts';

const JUJU = '3.1/stable';
const MICROK8S = '1.29-strict/stable';
const SCRIPT_PATH = `/scripts/${randomBytes(8).toString('hex')}/setup.sh`;
const SCRIPT_TOKEN = `planted-${randomBytes(12).toString('hex')}`;
const EFFECT = `effect-${randomBytes(8).toString('hex')}`;
const CONSUMER = 'consumer';
const MINUTES = 60_000;

/** The names and tags of the eight images in the order of the matrix, as the Python charm published them. */
const VARIANTS = ['noble', 'jammy'].flatMap((base) => {
  const of = (name: string, tags: string) => ({
    name: `${APPLICATION}-${base}-x64${name}`,
    tags: `x64,${base}${tags}`,
  });
  return [
    of('', ''),
    of('-mk8s-1.29-strict-stable', `,microk8s=${MICROK8S}`),
    of('-juju-3.1-stable', `,juju=${JUJU}`),
    of('-juju-3.1-stable-mk8s-1.29-strict-stable', `,juju=${JUJU},microk8s=${MICROK8S}`),
  ];
});
const BROKEN = `${APPLICATION}-jammy-x64-juju-3.1-stable-mk8s-1.29-strict-stable`;

const SCRIPT = `#!/bin/sh
set -eu
mkdir -p /usr/local/share
echo ${EFFECT} >/usr/local/share/effect
echo "the script has $API_TOKEN" >&2
`;

/** Fails on the server of one of the eight images, whose name is on the config drive. */
const BREAKING_SCRIPT = `${SCRIPT}
mkdir -p /tmp/config
mount -o ro /dev/sr0 /tmp/config
server=$(cat /tmp/config/openstack/latest/meta_data.json)
umount /tmp/config
case $server in *jammy-x64-juju-3-1-stable-mk8s*) echo 'broken on purpose'; exit 1 ;; esac
`;

const files = new Map([[SCRIPT_PATH, BREAKING_SCRIPT]]);
let mirror: Mirror;
let user: BuilderUser;
let charm: Deployment;
let relation: Relation;
let before: Awaited<ReturnType<typeof takeLeftovers>>;

interface Published {
  readonly id: string;
  readonly tags: string;
}

const listPublished = (): readonly Published[] =>
  JSON.parse(relation.ourDatabag()['images'] ?? '[]') as readonly Published[];

const listLayers = async (): Promise<readonly string[]> => {
  const { images } = await takeInventory();
  return images.flatMap(({ name }) =>
    name.startsWith(APPLICATION) && name.includes('.layer') ? [name] : [],
  );
};

/** Waits until so many images are published, no job runs and no layer is left. */
const waitUntilDone = (images: number, seconds: number): Promise<readonly Published[]> =>
  charm.until(`${images} images and no layer`, seconds, async () => {
    const built = await charm.readBuilt();
    if (built === undefined || built.running.length > 0 || listPublished().length !== images)
      return undefined;
    return (await listLayers()).length === 0 ? listPublished() : undefined;
  });

/** Returns the steps of the builds with their results, for the log of the test. */
const listJobs = async (): Promise<unknown> => (await charm.agent.runAction('list-builds', {})).results;

beforeAll(async () => {
  const bases = ['noble', 'jammy'].map((base) => [base, baseImageFile('tiny')] as const);
  mirror = await startMirror({ bases: new Map(bases), files, host: GATEWAY });
  for (const cloud of [CONSUMER, 'builder']) await wipeImages(cloud, APPLICATION);
  user = await createBuilderUser(APPLICATION);
  before = await takeLeftovers();
  charm = await deployCharm(user, mirror, SCRIPT_TOKEN, {
    config: (scriptSecret) => ({
      'max-parallel-builds': 3,
      'juju-channels': JUJU,
      'microk8s-channels': MICROK8S,
      'script-url': `${mirror.url}${SCRIPT_PATH}`,
      'script-secret-id': scriptSecret,
    }),
  });
  relation = charm.agent.relate('image', 'runners');
  relation.addUnit('runners/0', await consumerDatabag(CONSUMER));
  await charm.agent.waitForIdle();
});

afterAll(async () => {
  await charm.agent.remove();
  await charm.machine.close();
  await user.delete();
  await mirror.close();
  for (const cloud of [CONSUMER, 'builder']) await wipeImages(cloud, APPLICATION);
});

describe('two bases with a Juju and a MicroK8s channel', () => {
  test(
    'Seven images are published while one fails alone, and the layers are deleted afterwards',
    async () => {
      const layers = new Set<string>();
      await charm.until('the layers of both bases', 1200, async () => {
        for (const name of await listLayers()) if (name.endsWith('.layer')) layers.add(name);
        return layers.size === 4 ? true : undefined;
      });
      expect([...layers].toSorted()).toEqual([
        `${APPLICATION}-jammy-x64-mk8s-1.29-strict-stable.layer`,
        `${APPLICATION}-jammy-x64.layer`,
        `${APPLICATION}-noble-x64-mk8s-1.29-strict-stable.layer`,
        `${APPLICATION}-noble-x64.layer`,
      ]);
      const published = await waitUntilDone(7, 1200);
      process.stderr.write(`builds of the matrix: ${JSON.stringify(await listJobs())}\n`);
      const others = VARIANTS.filter(({ name }) => name !== BROKEN);
      expect(published.map(({ tags }) => tags)).toEqual(others.map(({ tags }) => tags));
      const built = await charm.readBuilt();
      expect(built?.failures).toMatchObject([{ kind: 'build', subject: BROKEN, errorKind: 'build' }]);
      expect(await takeLeftovers()).toEqual(before);
    },
    45 * MINUTES,
  );

  test(
    'The corrected image is built alone, and the consumer gets eight images with their names and tags',
    async () => {
      files.set(SCRIPT_PATH, SCRIPT);
      const action = await charm.agent.runAction('run', { base: 'jammy', juju: JUJU, microk8s: MICROK8S });
      expect(action.results['build-ids']).toMatch(/^[0-9a-f]{12}$/);
      const published = await waitUntilDone(8, 600);
      const records = await Promise.all(published.map(({ id }) => describeImage(CONSUMER, id)));
      const seen = published.map(({ tags }, index) => ({ name: records[index]?.['name'], tags }));
      expect(seen).toEqual(VARIANTS);
      expect(records.map((record) => record?.['status'])).toEqual(VARIANTS.map(() => 'active'));
      expect(relation.ourDatabag()).toMatchObject({ id: published[0]?.id, tags: 'x64,noble' });
    },
    15 * MINUTES,
  );

  test.each(['noble', 'jammy'])(
    'The disk of the image of %s with MicroK8s and Juju has no key that was made in the build, and no secret',
    async (base) => {
      const index = VARIANTS.findIndex(({ name }) => name.includes(`${base}-x64-juju-3.1-stable-mk8s`));
      const id = listPublished()[index]?.id ?? '';
      const secrets = [
        { name: 'key of a snap', value: 'stand-in-key-' }, // each key, token and credential begins with it
        { name: "script's secret", value: SCRIPT_TOKEN },
        { name: "script's URL", value: SCRIPT_PATH },
        { name: "builder's password", value: user.password() },
        { name: "consumer's password", value: (await consumerDatabag(CONSUMER))['password'] ?? '' },
      ];
      expect(await findInImage(id, secrets, CONSUMER)).toEqual([]);
      const known = [
        { name: 'effect', value: EFFECT },
        { name: 'PEM', value: 'PRIVATE KEY-----' },
      ];
      const found = await findInImage(id, known, CONSUMER);
      const isOwn = ({ where }: { readonly where: string }) =>
        where.startsWith('file ') && !where.startsWith('file /usr/bin/'); // which has the programs of the base image
      expect(found.filter(isOwn)).toMatchObject([
        { secret: 'effect', where: 'file /usr/local/share/effect' }, // shows that the search can find it
      ]);
    },
    10 * MINUTES,
  );
});
