import { imagesIn, listClouds, writeCall } from './scripted-list.ts';

/**
 * Stands in for github-runner-image-builder: answers its commands from a cloud that is a folder, and writes each call
 * down. Under `cloud/<cloud id>/`: `project`, and a file for each image. Beside it may lie, to be read when a command
 * starts: `hold-<command>`, as long as which the command does not end; `fail-<command>`, the error that it tells;
 * `refuse-<cloud id>`, which takes no images; `lose-<cloud id>`, which says that it took them and did not.
 */
export const PROGRAM = `
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const home = process.env.HOME;
const [command, ...rest] = process.argv.slice(2);
const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : '');
const owner = JSON.parse(option('--owner'));
const listed = (name) => option(name).split(',').filter((word) => word !== '');
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

${[writeCall, imagesIn, listClouds].map(String).join('\n')}
writeCall(home, { command, args: rest, env: process.env, pid: process.pid });

const line = (message, step) =>
  process.stderr.write(JSON.stringify({ time: 't', level: 'info', message, fields: { step } }) + '\\n');
line('step started', 'do ' + command);
const failure = read(home + '/fail-' + command);
while (existsSync(home + '/hold-' + command)) await sleep(10);

const folder = (cloud) => home + '/cloud/' + cloud;
const imagesOf = (cloud) => imagesIn(folder(cloud));
const put = (cloud, image) => {
  const path = folder(cloud) + '/' + image.id + '.json';
  writeFileSync(path + '.draft', JSON.stringify(image)); // somebody may be listing
  renameSync(path + '.draft', path);
};
const now = new Date().toISOString();

function deliver(image, clouds) {
  return clouds.map((cloud) => {
    if (existsSync(home + '/refuse-' + cloud)) {
      return { cloud, outcome: 'failed', kind: 'denied', reason: 'quota exceeded', attempts: 1, seconds: 1 };
    }
    const id = image.id + '-in-' + cloud;
    const copy = { ...image, id, source_image_id: image.id, created_at: now };
    if (!existsSync(home + '/lose-' + cloud)) put(cloud, copy);
    return { cloud, image_id: id, outcome: 'copied', proven_by: 'hash', attempts: 1, seconds: 1 };
  });
}

function tellDelivered(result, images) {
  const refused = images.filter(({ outcome }) => outcome === 'failed');
  const message = refused.map(({ cloud, reason }) => 'cloud ' + cloud + ': ' + reason).join(', ');
  const error = refused.length === 0 ? {} : { error: { kind: 'partial', type: 'DistributionError', message } };
  return { ...result, images, ...error, warnings: [] };
}

const commands = {
  init: () => ({ cloud: option('--os-cloud'), warnings: [] }),
  run: () => {
    const cloud = option('--os-cloud');
    const image = {
      id: 'img-' + owner.build_id, name: rest[0], status: 'active', created_at: now,
      run_config: owner.run_config, build_id: owner.build_id, is_published: false,
    };
    put(cloud, image);
    const images = deliver(image, listed('--upload-clouds'));
    return tellDelivered({ image_name: rest[0], cloud, image_id: image.id, build_id: owner.build_id }, images);
  },
  distribute: () => {
    const cloud = option('--os-cloud');
    const image = imagesOf(cloud).find(({ id }) => id === rest[0]);
    return tellDelivered({ cloud, image_id: rest[0] }, deliver(image, listed('--upload-clouds')));
  },
  prune: () => {
    const cloud = option('--os-cloud');
    const published = listed('--published');
    const mine = imagesOf(cloud).filter((image) => image.name === rest[0]);
    const images = mine.map((image, index) => {
      const stays = index < Number(option('--keep-revisions')) || published.includes(image.id);
      if (stays) put(cloud, { ...image, is_published: published.includes(image.id) });
      else rmSync(folder(cloud) + '/' + image.id + '.json');
      return { id: image.id, created_at: image.created_at, outcome: stays ? 'kept' : 'deleted', reason: '' };
    });
    return { cloud, image_name: rest[0], images, warnings: [] };
  },
  list: () => listClouds(home, listed('--clouds')),
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

/** Stands in for juju-exec: writes each call down; hangs or fails while `juju-exec.hang` or `.fail` is there. */
export const JUJU_EXEC = `#!/bin/sh
echo "$1 $2" >> "$0.calls"
while [ -e "$0.hang" ]; do sleep 0.05; done
if [ -e "$0.fail" ]; then echo 'ERROR no such unit' >&2; exit 1; fi
`;
