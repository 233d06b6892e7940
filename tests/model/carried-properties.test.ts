import { describe, expect, test } from '@jest/globals';
import { OWNER_KEYS, carriedProperties, encodeOwner } from '../../src/model/owner.ts';

const OWNER = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b1' };

describe('carriedProperties', () => {
  test('A copy gets the architecture, OS, hardware, owner and inputs of its source', () => {
    const carried = {
      architecture: 'x86_64',
      os_distro: 'ubuntu',
      hw_disk_bus: 'virtio',
      [OWNER_KEYS.kind]: 'runner',
      [OWNER_KEYS.imageName]: 'noble',
      [OWNER_KEYS.runConfig]: 'charm=1',
      [OWNER_KEYS.baseSha256]: 'a',
      image_builder_inputs: 'juju 3.6',
      ...encodeOwner(OWNER),
    };
    expect(carriedProperties(carried)).toEqual(carried);
  });

  test.each([
    OWNER_KEYS.published,
    OWNER_KEYS.process,
    OWNER_KEYS.source,
    'os_hash_algo',
    'os_hash_value',
    'os_hidden',
    'id',
    'name',
    'owner',
    'status',
    'visibility',
    'checksum',
    'created_at',
    'disk_format',
    'container_format',
    'self',
    'file',
    'schema',
    'stores',
    'direct_url',
    'base_image_ref',
    'boot_roles',
    'instance_uuid',
    'user_id',
    'architecture_hint',
  ])('A copy does not get the property %s of its source', (key) => {
    expect(carriedProperties({ [key]: 'x' })).toEqual({});
  });

  test.each(['os_glance_importing_to_stores', 'os_glance_failed_import', 'os_glance_import_task'])(
    'A copy does not get the property %s, which Glance reserves and refuses with 403',
    (key) => {
      expect(carriedProperties({ [key]: '' })).toEqual({});
    },
  );
});
