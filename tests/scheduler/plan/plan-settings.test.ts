import { describe, expect, test } from '@jest/globals';
import type { DesiredState } from '../../../src/model/unit/desired-state.ts';
import { isPreparedFor, settingsOf } from '../../../src/scheduler/plan/plan-settings.ts';
import { desiredState } from '../desired-fixtures.ts';
import { JAMMY, NOBLE } from './plan-fixtures.ts';

describe('settingsOf', () => {
  const settings = (kind: 'build' | 'copy' | 'prune', ...args: Parameters<typeof desiredState>) =>
    settingsOf(desiredState(...args), kind, NOBLE);

  test('The digest of a build changes with its options and with the credentials', () => {
    expect(settings('build', { images: { runnerVersion: '2.331.0' } })).not.toBe(settings('build'));
    expect(settings('build', { build: { flavor: 'm1.big' } })).not.toBe(settings('build'));
    expect(settings('build', { credentialsGeneration: 2 })).not.toBe(settings('build'));
  });

  test('The digest of a build does not change with consumers, publications or limits', () => {
    const changes = {
      generation: 9,
      build: { maxParallel: 9, keepRevisions: 9 },
      consumers: [],
      published: [],
    };
    expect(settings('build', changes)).toBe(settings('build'));
  });

  test('The digest changes when any field is added to the run config of the image', () => {
    const withField = (imageName: string) => {
      const desired = desiredState({ images: { bases: ['noble', 'jammy'] } });
      const config = desired.images.get(imageName);
      const added = config && { ...config, externalService: { ...config.externalService, later: 'x' } };
      return { ...desired, images: new Map(added && [...desired.images, [imageName, added]]) };
    };
    const before = desiredState({ images: { bases: ['noble', 'jammy'] } });
    const digests = (desired: DesiredState) =>
      (['build', 'copy', 'prune', 'prepare'] as const).map((kind) =>
        settingsOf(desired, kind, kind === 'prepare' ? 'noble' : NOBLE),
      );
    const changed = digests(withField(NOBLE));
    expect(digests(before).filter((digest) => changed.includes(digest))).toEqual([]);
    expect(digests(withField(JAMMY))).toEqual(digests(before));
    expect(isPreparedFor(changed[3] ?? '', before, 'noble')).toBe(true);
  });

  test('A digest of a prepared base that 0.1.0 wrote is valid for that base only', () => {
    const former = '27d468b00424078c.083588cd056caf76';
    const both = desiredState({ images: { bases: ['noble', 'jammy'] } });
    expect(['noble', 'jammy', 'focal'].map((base) => isPreparedFor(former, both, base))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('The digest of a copy changes with the consumers, that of a prune with publications and revisions', () => {
    expect(settings('copy', { consumers: [] })).not.toBe(settings('copy'));
    expect(settings('copy', { build: { keepRevisions: 9 } })).toBe(settings('copy'));
    expect(settings('prune', { build: { keepRevisions: 9 } })).not.toBe(settings('prune'));
    const published = [{ relationId: 1, imageIds: ['a'], isConfirmed: true }];
    expect(settings('prune', { published })).not.toBe(settings('prune'));
  });
});
