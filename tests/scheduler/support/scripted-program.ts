import { uuidFromDigest } from '../../../src/model/text/uuid.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { imagesIn, isHeld, listClouds, writeCall } from './scripted-list.ts';

/**
 * Replaces github-runner-image-builder in tests. It executes job orders on clouds that are folders, and records each call.
 * `cloud/<cloud id>/` contains the file `project` and one file for each image. These files control a command:
 * `hold-<kind>` keeps the job running while it exists, and `hold-list-<cloud id>` the query of a cloud; `fail-<kind>` contains the error of the job; `refuse-<cloud id>`
 * makes copies to the cloud fail; `lose-<cloud id>` makes them succeed without an image.
 */
export const PROGRAM = `
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const home = process.env.HOME;
const args = process.argv.slice(2);
const order = JSON.parse(readFileSync('order.json', 'utf8'));
const command = order.kind;
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

${[writeCall, imagesIn, isHeld, listClouds, uuidFromDigest, uuidOf].map(String).join('\n')}
writeCall(home, { command, args, order, env: process.env, pid: process.pid });

const line = (message, step) =>
  process.stderr.write(JSON.stringify({ time: 't', level: 'info', message, fields: { step } }) + '\\n');
line('step started', 'do ' + command);
const failure = read(home + '/fail-' + command);
const isKept = () => existsSync(home + '/hold-' + command) || (command === 'list' && isHeld(home, order.cloudIds));
while (isKept()) await sleep(10);

const folder = (cloud) => home + '/cloud/' + cloud;
const imagesOf = (cloud) => imagesIn(folder(cloud));
const put = (cloud, image) => {
  const path = folder(cloud) + '/' + image.id + '.json';
  writeFileSync(path + '.draft', JSON.stringify(image)); // a reader may list the folder at the same time
  renameSync(path + '.draft', path);
};
const now = new Date().toISOString();

function copyTo(image, clouds) {
  return clouds.map((cloud) => {
    if (existsSync(home + '/refuse-' + cloud)) {
      return { cloud, outcome: 'failed', kind: 'denied', reason: 'quota exceeded', attempts: 1, seconds: 1 };
    }
    const id = uuidOf(image.id + ' in ' + cloud);
    const copy = { ...image, id, source_image_id: image.id, created_at: now };
    if (!existsSync(home + '/lose-' + cloud)) put(cloud, copy);
    return { cloud, image_id: id, outcome: 'copied', proven_by: 'hash', bytes: image.size, attempts: 1, seconds: 1 };
  });
}

function toResult(result, images) {
  const refused = images.filter(({ outcome }) => outcome === 'failed');
  const message = refused.map(({ cloud, reason }) => 'cloud ' + cloud + ': ' + reason).join(', ');
  const error = refused.length === 0 ? {} : { error: { kind: 'partial', type: 'DistributionError', message } };
  const steps = [{ name: 'do build', seconds: 2 }, ...images.map(({ cloud }) => ({ name: 'copy image to ' + cloud, seconds: 1 }))];
  return { ...result, images, ...error, swept: ['server s0'], steps, warnings: [] };
}

const commands = {
  prepare: () => ({ cloud: order.entries[0].cloud.buildCloud, warnings: [] }),
  build: () => {
    const cloud = order.entry.cloud.buildCloud;
    const { id: build_id, imageName: image_name } = order;
    const image = {
      id: uuidOf('image of ' + build_id), name: image_name, status: 'active', created_at: now,
      run_config: order.inputs, build_id, is_published: false, runner_version: '2.331.0', size: 1048576,
    };
    put(cloud, image);
    const images = copyTo(image, order.cloudIds);
    return toResult({ image_name, cloud, image_id: image.id, build_id }, images);
  },
  copy: () => {
    const { buildCloud: cloud, imageId, cloudIds } = order;
    const image = imagesOf(cloud).find(({ id }) => id === imageId);
    return toResult({ cloud, image_id: imageId }, copyTo(image, cloudIds));
  },
  prune: () => {
    const { cloudId: cloud, imageName, publishedIds: published, keepRevisions } = order;
    const mine = imagesOf(cloud).filter((image) => image.name === imageName);
    const images = mine.map((image, index) => {
      const isKept = index < keepRevisions || published.includes(image.id);
      if (isKept) put(cloud, { ...image, is_published: published.includes(image.id) });
      else rmSync(folder(cloud) + '/' + image.id + '.json');
      return { id: image.id, created_at: image.created_at, outcome: isKept ? 'kept' : 'deleted', reason: '' };
    });
    return { cloud, image_name: imageName, images, warnings: [] };
  },
  sweep: () => ({ cloud: order.buildCloud, swept: ['server s0'], warnings: [] }),
  preflight: () => ({ checks: [{ cloud: '', name: 'login', outcome: 'ok', reason: 'r', advice: '' }], warnings: [] }),
  trial: () => ({ cloud: order.buildCloud, trial: { runner: 'r', online_seconds: 1 }, warnings: [] }),
  'prune-clouds': () => ({
    things: order.revisions.flatMap(({ cloudId, imageName, deletableIds }) =>
      deletableIds.map((id) => ({
        ...{ cloud: cloudId, kind: 'image', id, name: imageName, created_at: '', reason: 'old' },
        outcome: order.isDryRun ? 'would be deleted' : 'deleted',
      })),
    ),
    warnings: [],
  }),
  list: () => listClouds(home, order.cloudIds),
};

if (failure !== undefined) {
  process.stdout.write(JSON.stringify({ error: JSON.parse(failure), warnings: [] }));
  process.exitCode = 5;
} else {
  const result = commands[command]();
  line('step finished', 'do ' + command);
  process.stdout.write(JSON.stringify(result));
}
`;

/** Replaces juju-exec in tests. It records each call, and hangs or fails while `juju-exec.hang` or `.fail` exists. */
export const JUJU_EXEC = `#!/bin/sh
echo "$1 $2" >> "$0.calls"
while [ -e "$0.hang" ]; do sleep 0.05; done
if [ -e "$0.fail" ]; then echo 'ERROR no such unit' >&2; exit 1; fi
`;
