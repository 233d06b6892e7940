import { describe, expect, test } from '@jest/globals';
import { listGuestParts } from '../../../src/guest/parts.ts';
import { guestContent } from '../../support/guest-content.ts';
import { type Inputs, encodeInputs } from '../../../src/image-builder/build/inputs.ts';

const inputsOf = (change: Partial<Inputs> = {}): Inputs => {
  const runner = {
    version: '2.331.0',
    url: 'https://a.example/r.tar.gz',
    sha256: 'a'.repeat(64),
    ...change.runner,
  };
  return {
    arch: 'x64',
    baseSha256: 'b'.repeat(64),
    script: '',
    imageProperties: '',
    parts: listGuestParts(guestContent({ runner })),
    ...change,
    runner,
  };
};
const digest = (change: Partial<Inputs> = {}) =>
  encodeInputs(inputsOf(change))['image_builder_inputs_sha256'];
const runner = { version: '2.331.0', url: 'https://b.example/r.tar.gz', sha256: 'a'.repeat(64) };

describe('the digest of an image’s inputs', () => {
  test('The digest is the same for the same inputs, whatever the URL of the runner', () => {
    expect(digest()).toMatch(/^[0-9a-f]{64}$/);
    expect(digest({ runner })).toBe(digest());
  });

  test.each<[string, Partial<Inputs>]>([
    ['architecture', { arch: 'arm64' }],
    ['base image', { baseSha256: 'c'.repeat(64) }],
    ['runner', { runner: { ...runner, version: '2.332.0' } }],
    ['runner’s tarball', { runner: { ...runner, sha256: 'd'.repeat(64) } }],
    ['image properties', { imageProperties: 'hw_disk_bus=scsi' }],
    ['script', { script: '#!/bin/sh\n' }],
    ['guest', { parts: [{ name: 'other', script: 'true', check: 'true' }] }],
  ])('The digest changes with the %s', (_, change) => {
    expect(digest(change)).not.toBe(digest());
  });

  test('The properties contain the version of the runner and its release, which does not change the digest', () => {
    const releasedAt = '2026-11-01T08:00:00.000Z';
    const properties = encodeInputs(inputsOf({ runner: { ...runner, releasedAt } }));
    const expected = {
      image_builder_runner_version: '2.331.0',
      image_builder_runner_released_at: releasedAt,
    };
    expect(properties).toMatchObject(expected);
    expect(properties['image_builder_inputs_sha256']).toBe(digest());
  });
});
