import { describe, expect, test } from '@jest/globals';
import {
  type JobResource,
  type ResourceChange,
  listCleanUps,
  resourceMessage,
} from '../../../src/model/job/job-resources.ts';
import { buildOrder } from '../../builder/support/jobs.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const ORDER = buildOrder();
const CLOUD = ORDER.entry.cloud.buildCloud;
const NAME = `app-img-image-builder-${ORDER.id}`;

const line = (message: string, fields: object): string =>
  JSON.stringify({ time: 't', level: 'info', message, fields });
const resource = (change: ResourceChange, kind: JobResource['kind'], id: string, cloud = CLOUD): string =>
  line(resourceMessage(change), { cloud, kind, id });
const step = (kind: 'started' | 'finished', name: string): string => line(`step ${kind}`, { step: name });
const commandsAfter = (...lines: readonly string[]): readonly string[] =>
  listCleanUps(ORDER, lines.join('\n')).flatMap(({ commands }) => commands);

describe('the commands that delete what a job may leave', () => {
  test('Each kind of resource has a command, in an order in which OpenStack accepts them', () => {
    const id = (name: string): string => uuidOf(name);
    const found = commandsAfter(
      resource('created', 'security group', id('group')),
      resource('created', 'keypair', NAME),
      resource('created', 'volume', id('volume')),
      resource('created', 'server', id('server')),
      resource('created', 'floating IP', id('address')),
      resource('created', 'image', id('image')),
    );
    expect(found).toEqual([
      `openstack floating ip delete '${id('address')}'`,
      `openstack server delete --wait '${id('server')}'`,
      `openstack port list --device-id '${id('server')}' -f value -c ID | xargs -r openstack port delete`,
      `openstack volume delete '${id('volume')}'`,
      `openstack image delete '${id('image')}'`,
      `openstack keypair delete '${NAME}'`,
      `openstack security group delete '${id('group')}'`,
    ]);
  });

  test('A resource that was deleted or completed has no command', () => {
    const [server, image] = [uuidOf('server'), uuidOf('image')];
    const made = [resource('created', 'server', server), resource('created', 'image', image)];
    expect(
      commandsAfter(...made, resource('kept', 'image', image), resource('deleted', 'server', server)),
    ).toEqual([]);
  });

  test('The resources of each cloud are listed apart', () => {
    const copy = uuidOf('copy');
    const log = [resource('created', 'keypair', NAME), resource('created', 'image', copy, 'red')].join('\n');
    expect(listCleanUps(ORDER, log)).toEqual([
      { cloud: 'red', commands: [`openstack image delete '${copy}'`] },
      { cloud: CLOUD, commands: [`openstack keypair delete '${NAME}'`] },
    ]);
  });

  test.each(['', 'undo '])(
    'A server whose "%screate server" runs without an answer is deleted by its name',
    (undo) => {
      expect(commandsAfter(step('started', `${undo}create server`))).toEqual([
        `openstack server delete --wait '${NAME}'`,
      ]);
      expect(commandsAfter(step('started', 'create server'), step('finished', 'create server'))).toEqual([]);
    },
  );

  test('A copy without an answer is deleted by its unfinished name in its cloud', () => {
    expect(listCleanUps(ORDER, step('started', 'copy image to red'))).toEqual([
      { cloud: 'red', commands: [`openstack image delete '${ORDER.imageName}.building-${ORDER.id}'`] },
    ]);
  });

  test('Lines of other programs, incomplete lines and ids that are no UUIDs are ignored', () => {
    const odd = [
      resource('created', 'server', "x'; rm -rf /"),
      '{"message":"resource created"',
      'null',
      '[]',
      '7',
    ];
    expect(
      commandsAfter(...odd, line('resource created', { cloud: CLOUD, kind: 'router', id: uuidOf('r') })),
    ).toEqual([]);
  });

  test('The name of a keypair is one word for a shell', () => {
    expect(commandsAfter(resource('created', 'keypair', "it's"))).toEqual([
      `openstack keypair delete 'it'\\''s'`,
    ]);
  });
});
