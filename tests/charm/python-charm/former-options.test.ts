import { describe, expect, test } from '@jest/globals';
import { changeConfig } from '../../support/juju/model/config-values.ts';
import { charmConfig, rawConfig } from '../support/options.ts';
import { configure, integrate, listNotices, useUnit } from '../support/use-unit.ts';

const fixture = useUnit();
const FLAVOR = 'experimental-external-build-flavor';
const NETWORK = 'experimental-external-build-network';

const infoLines = () => listNotices(fixture.unit);

function problemOf(option: string, value: string): string {
  try {
    charmConfig({ [option]: value });
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('options with former names', () => {
  test('The former names of flavor and network are used where the new ones are not set', () => {
    const former = { [FLAVOR]: ' M1.Big ', [NETWORK]: 'Net' };
    expect(charmConfig(former)).toMatchObject({ flavor: 'M1.Big', network: 'Net' });
    const both = charmConfig({ ...former, 'build-flavor': 'new', 'build-network': 'other' });
    expect(both).toMatchObject({ flavor: 'new', network: 'other' });
  });

  test('One line of config-changed names every former name, and update-status repeats none', async () => {
    const { unit } = fixture;
    configure(unit, { [FLAVOR]: 'old', [NETWORK]: 'net', 'build-flavor': 'new' });
    await unit.hook('install');
    expect(infoLines()).toEqual([]);
    await unit.hook('config-changed');
    expect(infoLines()).toEqual([
      `${FLAVOR} is ignored, because build-flavor is set; ${NETWORK} is used as build-network, which is its new name`,
    ]);
    await unit.hook('update-status');
    expect(infoLines()).toHaveLength(1);
  });

  test.each([true, false])('The option experimental-external-build=%s changes nothing', (value) => {
    expect(charmConfig({ 'experimental-external-build': value })).toEqual(charmConfig());
    expect(rawConfig()).toHaveProperty('experimental-external-build', false);
  });
});

describe('the channel of the program', () => {
  test.each(['stable', 'edge'])(
    'The channel %s installs the program in the charm, with one line',
    async (channel) => {
      const { unit } = fixture;
      configure(unit, { 'app-channel': channel });
      integrate(unit);
      expect(await unit.hook('config-changed')).toBe(0);
      expect(unit.status).toBe('waiting: the scheduler has not reported yet');
      expect(infoLines()).toEqual([
        `app-channel=${channel} means the program in the charm, as stable, edge, bundled all do`,
      ]);
      expect(unit.model.config.get('app-channel')).toBe(channel);
    },
  );

  test('The default channel is bundled and writes no line', async () => {
    const { unit } = fixture;
    configure(unit);
    await unit.hook('config-changed');
    expect(infoLines()).toEqual([]);
    expect(charmConfig().appChannel).toBe('bundled');
  });

  test.each(['', 'beta', 'Stable'])('The channel "%s" is refused', (channel) => {
    expect(problemOf('app-channel', channel)).toContain(
      'app-channel: expected one of stable, edge, bundled, got',
    );
  });
});

describe('options of images with snaps', () => {
  test.each(['juju-channels', 'microk8s-channels'])(
    'The option %s refuses words that are no channels',
    (option) => {
      for (const empty of ['', ' ', ' , ,', '3.6/stable,', '3.6/Stable , 4.0/edge/fix-1'])
        expect(problemOf(option, empty)).toBe('');
      for (const invalid of [
        '3.1/stable/',
        '3.1',
        '/stable',
        '3.1/',
        'a/b/c',
        '3.1 /stable',
        '3.1/stabel',
        '-/edge',
      ]) {
        expect(problemOf(option, `3.6/stable,${invalid}`)).toContain(
          `${option}: expected a comma list of TRACK/RISK or TRACK/RISK/BRANCH, such as 3.6/stable, got ${invalid}`,
        );
      }
      expect(problemOf(option, '3.6/stable,3.6/Stable')).toContain(
        `${option}: expected each channel once, got 3.6/stable twice`,
      );
      expect(problemOf(option, '3.6/stable/edge,3.6-stable/edge')).toContain(
        `${option}: expected channels with different image names, got 3.6/stable/edge and 3.6-stable/edge`,
      );
    },
  );

  test('The charm expands bases, Juju channels and MicroK8s channels, and the first image has no snap', async () => {
    const { unit } = fixture;
    configure(unit, {
      'base-image': 'noble,jammy',
      'juju-channels': '4.0/edge,3.6/Stable',
      'microk8s-channels': '1.29-strict/stable',
      'dockerhub-cache': 'https://cache.example.com:5000',
      bootstrap: 'build',
    });
    integrate(unit);
    await unit.hook('config-changed');
    expect(unit.status).toBe('waiting: the scheduler has not reported yet');
    const images = (await unit.desired())?.images ?? new Map<string, never>();
    const suffixes = ['', '-juju-3.6-stable', '-juju-4.0-edge'].flatMap((juju) =>
      ['', '-mk8s-1.29-strict-stable'].map((microk8s) => `${juju}${microk8s}`),
    );
    expect([...images.keys()]).toEqual(
      ['noble', 'jammy'].flatMap((base) => suffixes.map((suffix) => `app-${base}-x64${suffix}`)),
    );
    expect(images.get('app-jammy-x64-juju-3.6-stable-mk8s-1.29-strict-stable')).toMatchObject({
      image: { juju: '3.6/stable', microk8s: '1.29-strict/stable', content: { bootstrap: 'build' } },
      externalService: { dockerhubCache: 'https://cache.example.com:5000' },
    });
  });

  test('A channel that cannot be read blocks the unit with the option and the value', async () => {
    const { unit } = fixture;
    configure(unit, { 'juju-channels': '3.6' });
    integrate(unit);
    await unit.hook('config-changed');
    expect(unit.status).toBe(
      'blocked: juju-channels: expected a comma list of TRACK/RISK or TRACK/RISK/BRANCH, such as 3.6/stable, got 3.6',
    );
    changeConfig(unit.model, { 'juju-channels': '3.6/stable' });
    await unit.hook('config-changed');
    expect(unit.status).toBe('waiting: the scheduler has not reported yet');
  });

  test('The option bootstrap takes boot and build only', () => {
    expect(charmConfig().content.bootstrap).toBe('boot');
    expect(problemOf('bootstrap', 'later')).toContain('bootstrap: expected one of boot, build, got later');
  });

  test.each(['cache.example.com', 'https://x y', 'ftp://user:hunter2@cache'])(
    'The cache URL %s is refused without repeating it',
    (url) => {
      const problem = problemOf('dockerhub-cache', url);
      expect(problem).toContain(
        'dockerhub-cache: expected a URL like https://example.com/path, got something else',
      );
      expect(problem).not.toContain(url);
    },
  );
});
