import { describe, expect, test } from '@jest/globals';
import { chooseBuildFlavor, chooseFlavor } from '../../../src/image-builder/build/choose-flavor.ts';
import { chooseNetwork } from '../../../src/image-builder/build/choose-network.ts';
import { ABANDONED_AFTER_MS, isAbandoned } from '../../../src/image-builder/cleanup/leftovers.ts';
import {
  AmbiguousNameError,
  FlavorNotFoundError,
  FlavorRequirementsNotMetError,
  NetworkNotFoundError,
} from '../../../src/model/errors.ts';
import { OWNER_KEYS } from '../../../src/model/owner.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the flavor of a build', () => {
  const flavor = (name: string, vcpus: number, ram: number, disk: number) => {
    return { id: `id-${name}`, name, vcpus, ram, disk };
  };
  const minimum = { vcpus: 2, ram: 1024, disk: 20 };
  const flavors = [
    flavor('huge', 16, 65536, 200),
    flavor('tiny', 1, 512, 10),
    flavor('diskless', 2, 4096, 0),
    flavor('small', 2, 2048, 20),
    flavor('roomy', 2, 2048, 40),
    flavor('twin', 4, 4096, 40),
    { ...flavor('twin', 4, 8192, 40), id: 'id-twin-2' },
  ];

  test.each([
    ['', 'id-small'],
    ['huge', 'id-huge'],
    ['id-twin-2', 'id-twin-2'],
  ])('The flavor option %p selects %s', (wanted, id) => {
    expect(chooseFlavor(flavors, wanted, minimum).id).toBe(id);
  });

  test.each([
    ['nope', FlavorNotFoundError, '--flavor: expected one of huge, tiny, diskless, small'],
    [
      'tiny',
      FlavorRequirementsNotMetError,
      'expected at least 2 vCPU, 1024 MiB, 20 GiB, got 1 vCPU, 512 MiB',
    ],
    ['diskless', FlavorRequirementsNotMetError, 'got diskless, whose servers boot from volumes'],
    ['twin', AmbiguousNameError, 'give an id: id-twin, id-twin-2'],
  ] as const)('The flavor option %p is rejected', (wanted, type, message) => {
    expect(() => chooseFlavor(flavors, wanted, minimum)).toThrow(type);
    expect(() => chooseFlavor(flavors, wanted, minimum)).toThrow(message);
  });

  test.each([
    ['diskless', flavors, 'id-diskless'],
    ['', flavors, 'id-small'],
    ['', flavors.slice(0, 3), 'id-huge'],
    ['', flavors.slice(1, 3), 'id-diskless'],
  ])('The flavor option %p of a build selects a flavor with a disk if it can', (wanted, offered, id) => {
    expect(chooseBuildFlavor(offered, wanted, minimum).id).toBe(id);
  });

  test.each([
    ['nope', 'expected one of huge'],
    ['tiny', 'expected at least 2 vCPU, 1024 MiB, 20 GiB, got 1 vCPU'],
    ['slim', 'expected at least 2 vCPU, 1024 MiB, 0 GiB, got 1 vCPU, 4096 MiB, 0 GiB with slim'],
    ['', 'expected a flavor with at least 2 vCPU, 1024 MiB, 20 GiB, the cloud offers tiny'],
  ])('The flavor option %p of a build is rejected when no flavor meets the minimum', (wanted, message) => {
    const offered = [flavor('tiny', 1, 512, 10), flavor('slim', 1, 4096, 0)];
    const all = wanted === 'nope' ? flavors : offered;
    expect(() => chooseBuildFlavor(all, wanted, minimum)).toThrow(message);
  });

  test('The error for flavors that are all too small lists them', () => {
    const choose = () => chooseFlavor(flavors.slice(1, 3), '', minimum);
    expect(choose).toThrow(FlavorNotFoundError);
    expect(choose).toThrow('tiny (1 vCPU, 512 MiB, 10 GiB), diskless (2 vCPU, 4096 MiB, 0 GiB)');
    expect(() => chooseFlavor([], '', minimum)).toThrow('the cloud offers none');
  });
});

describe('the network of a build', () => {
  const network = (name: string, change: object = {}) => {
    return { id: `id-${name}`, name, status: 'ACTIVE', subnets: ['s'], 'router:external': false, ...change };
  };
  const external = network('public', { 'router:external': true });
  const bare = network('bare', { subnets: [] });

  test.each([
    ['the only internal one with a subnet', [external, bare, network('a')], '', 'id-a'],
    ['the one with the given name', [network('a'), network('b')], 'b', 'id-b'],
    ['the one with the given id, even if external', [network('a'), external], 'id-public', 'id-public'],
  ])('The selected network is %s', (_, networks, wanted, id) => {
    expect(chooseNetwork(networks, wanted).id).toBe(id);
  });

  test.each([
    ['none fits', [external, bare], '', NetworkNotFoundError, 'found none; create one'],
    ['several fit', [network('a'), network('b')], '', NetworkNotFoundError, 'one of a, b, got nothing'],
    ['its name is unknown', [network('a')], 'x', NetworkNotFoundError, '--network: expected one of a, got x'],
    ['two have its name', [network('a'), network('a')], 'a', AmbiguousNameError, 'give an id'],
  ] as const)('The choice of a network fails when %s', (_, networks, wanted, type, message) => {
    expect(() => chooseNetwork([...networks], wanted)).toThrow(type);
    expect(() => chooseNetwork([...networks], wanted)).toThrow(message);
  });
});

describe('an abandoned resource', () => {
  const clock = new ManualClock('2026-11-21T08:00:00.000Z');
  const ago = (ms: number) => new Date(clock.now() - ms).toISOString();
  const by = (process: string) => ({ [OWNER_KEYS.process]: process });

  test.each([
    ['a process that died', by('dead'), ago(0), true],
    ['a process that runs', by('alive'), ago(10 * ABANDONED_AFTER_MS), false],
    ['another host, more than a day old', by('elsewhere'), ago(ABANDONED_AFTER_MS + 1), true],
    ['another host, just created', by('elsewhere'), ago(1000), false],
    ['another host, without a time of creation', by('elsewhere'), '', false],
    ['another host, created in the future', by('elsewhere'), ago(-ABANDONED_AFTER_MS), false],
    ['an unknown process', {}, ago(10 * ABANDONED_AFTER_MS), false],
  ] as const)(
    'Process and age decide whether a resource is abandoned: %s',
    (_, metadata, createdAt, expected) => {
      const findProcessState = (written: string) => written as 'alive' | 'dead' | 'elsewhere';
      expect(isAbandoned(metadata, createdAt, { clock, findProcessState })).toBe(expected);
    },
  );
});
