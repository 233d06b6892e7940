import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/model/errors.ts';
import { encodeKeypairComment, findKeypairMetadata } from '../../src/model/cloud/keypair-comment.ts';
import {
  OWNER_KEYS,
  type Owner,
  encodeOwner,
  encodeRunConfig,
  isOwnedBy,
  parseOwner,
} from '../../src/model/owner.ts';

fc.configureGlobal({ seed: 20261121 }); // the same cases in each run

const OWNER: Owner = { application: 'app', modelUuid: 'm', unit: 'app/0', buildId: 'b1' };

function problemsOf(json: string): readonly string[] {
  try {
    parseOwner(json, 'new-1');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).problems;
  }
  return [];
}

describe('--owner', () => {
  test('All fields of --owner are decoded', () => {
    const json = '{"application": "app", "model_uuid": "m", "unit": "app/0", "build_id": "b1"}';
    expect(parseOwner(json, 'new-1')).toEqual(OWNER);
  });

  test('The run config of --owner is recorded on images only', () => {
    const owner = parseOwner('{"application": "app", "run_config": "charm=1 runner=latest"}', 'new-1');
    expect(owner.runConfig).toBe('charm=1 runner=latest');
    expect(encodeRunConfig(owner)).toEqual({ [OWNER_KEYS.runConfig]: 'charm=1 runner=latest' });
    expect(Object.keys(encodeOwner(owner))).not.toContain(OWNER_KEYS.runConfig);
  });

  test.each(['{"application": "app"}', '{"application": "app", "run_config": ""}'])(
    'The owner %s has no run config',
    (json) => {
      const owner = parseOwner(json, 'new-1');
      expect(owner).not.toHaveProperty('runConfig');
      expect(encodeRunConfig(owner)).toEqual({});
    },
  );

  test('A run config longer than a Glance property is refused', () => {
    const json = (length: number): string =>
      JSON.stringify({ application: 'app', run_config: 'x'.repeat(length) });
    expect(problemsOf(json(255))).toEqual([]);
    expect(problemsOf(json(256))).toEqual(['--owner.run_config: expected at most 255 characters, got 256']);
  });

  test('An owner that names only its application gets a new build id', () => {
    const owner = { application: 'app', modelUuid: '', unit: '', buildId: 'new-1' };
    expect(parseOwner('{"application": "app"}', 'new-1')).toEqual(owner);
    expect(parseOwner('{"application": "app", "build_id": "", "unit": null}', 'new-1')).toEqual(owner);
  });

  test.each([
    ['{', ['--owner: expected a JSON object']],
    ['[]', ['--owner: expected a mapping, got a list']],
    ['{}', ['--owner.application: expected a string, got nothing']],
    ['{"application": ""}', ['--owner.application: expected a non-empty string']],
    [
      '{"application": 1, "unit": 2}',
      [
        '--owner.application: expected a string, got a number',
        '--owner.unit: expected a string, got a number',
      ],
    ],
    [
      `{"application": "${'a'.repeat(256)}"}`,
      ['--owner.application: expected at most 255 characters, got 256'],
    ],
  ])('The owner %s is refused', (json, problems) => {
    expect(problemsOf(json)).toEqual(problems);
  });

  test.each(['-b', '.b', 'a b', 'a/b', 'ä', 'a'.repeat(64), 'a\n'])('The build id %p is refused', (id) => {
    expect(problemsOf(JSON.stringify({ application: 'a', build_id: id }))).toHaveLength(1);
  });

  test('An invalid application and an invalid build id are reported together', () => {
    expect(problemsOf('{"application": "", "build_id": "-"}')).toHaveLength(2);
  });
});

describe('isOwnedBy', () => {
  test('A resource of another unit and another build belongs to the same application', () => {
    expect(isOwnedBy(encodeOwner({ ...OWNER, buildId: 'b2', unit: 'app/1' }), OWNER)).toBe(true);
  });

  test.each([
    ['another application', { ...OWNER, application: 'other' }],
    ['another model', { ...OWNER, modelUuid: 'm2' }],
    ['no model', { ...OWNER, modelUuid: '' }],
  ])('A resource of %s does not belong to this application', (_, owner) => {
    expect(isOwnedBy(encodeOwner(owner), OWNER)).toBe(false);
  });

  test('A resource without metadata belongs to no application', () => {
    expect(isOwnedBy({}, OWNER)).toBe(false);
    expect(isOwnedBy({}, { ...OWNER, modelUuid: '' })).toBe(false);
  });

  test('A resource made outside Juju is recognised although Nova drops the empty model', () => {
    const owner = { ...OWNER, modelUuid: '' };
    expect(isOwnedBy({ [OWNER_KEYS.application]: 'app' }, owner)).toBe(true);
  });
});

describe('the comment of a keypair', () => {
  const anyText = fc.string({ minLength: 1, unit: 'grapheme' });

  test('The comment of a keypair preserves any owner and process', () => {
    fc.assert(
      fc.property(anyText, fc.string(), fc.string(), anyText, anyText, (...given) => {
        const [application, modelUuid, unit, buildId, process] = given;
        const owner = { application, modelUuid, unit, buildId };
        const key = `ssh-ed25519 AAAA ${encodeKeypairComment(owner, process)}\n`;
        expect(findKeypairMetadata(key)).toEqual({ ...encodeOwner(owner), [OWNER_KEYS.process]: process });
      }),
    );
  });

  test('The comment of a keypair contains no spaces', () => {
    fc.assert(
      fc.property(anyText, (application) => {
        expect(encodeKeypairComment({ ...OWNER, application }, 'p')).toMatch(/^image-builder:[\w-]+$/);
      }),
    );
  });

  test.each([
    ['of another client', 'ssh-ed25519 AAAA me@host'],
    ['that is missing', 'ssh-ed25519 AAAA'],
    ['of an empty key', ''],
    ['with the mark and invalid JSON', 'ssh-ed25519 AAAA image-builder:e30x'],
    ['with the mark alone', 'ssh-ed25519 AAAA image-builder:'],
    ['without an application', `ssh-ed25519 AAAA image-builder:${Buffer.from('{}').toString('base64url')}`],
  ])('A comment %s has no owner metadata', (_, key) => {
    expect(findKeypairMetadata(key)).toBeUndefined();
  });
});
