import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from '../../src/model/errors.ts';
import { encodeKeypairComment, findKeypairMetadata } from '../../src/model/keypair-comment.ts';
import {
  OWNER_KEYS,
  type Owner,
  encodeOwner,
  encodeRunConfig,
  isOwnedBy,
  parseOwner,
} from '../../src/model/owner.ts';

fc.configureGlobal({ seed: 20261121 }); // what passes once passes always

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
  test('is read whole', () => {
    const json = '{"application": "app", "model_uuid": "m", "unit": "app/0", "build_id": "b1"}';
    expect(parseOwner(json, 'new-1')).toEqual(OWNER);
  });

  test('may tell the run config of the image, which images alone carry', () => {
    const owner = parseOwner('{"application": "app", "run_config": "charm=1 runner=latest"}', 'new-1');
    expect(owner.runConfig).toBe('charm=1 runner=latest');
    expect(encodeRunConfig(owner)).toEqual({ [OWNER_KEYS.runConfig]: 'charm=1 runner=latest' });
    expect(Object.keys(encodeOwner(owner))).not.toContain(OWNER_KEYS.runConfig);
  });

  test.each(['{"application": "app"}', '{"application": "app", "run_config": ""}'])(
    '%s tells no run config',
    (json) => {
      const owner = parseOwner(json, 'new-1');
      expect(owner).not.toHaveProperty('runConfig');
      expect(encodeRunConfig(owner)).toEqual({});
    },
  );

  test('with a run config longer than a property may be is refused', () => {
    const json = (length: number): string =>
      JSON.stringify({ application: 'app', run_config: 'x'.repeat(length) });
    expect(problemsOf(json(255))).toEqual([]);
    expect(problemsOf(json(256))).toEqual(['--owner.run_config: expected at most 255 characters, got 256']);
  });

  test('needs an application only, and gets a build id', () => {
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
  ])('%s is refused', (json, problems) => {
    expect(problemsOf(json)).toEqual(problems);
  });

  test.each(['-b', '.b', 'a b', 'a/b', 'ä', 'a'.repeat(64), 'a\n'])('build id %p is refused', (id) => {
    expect(problemsOf(JSON.stringify({ application: 'a', build_id: id }))).toHaveLength(1);
  });

  test('tells a wrong application and a wrong build id together', () => {
    expect(problemsOf('{"application": "", "build_id": "-"}')).toHaveLength(2);
  });
});

describe('a thing in the cloud', () => {
  test.each([
    ['another build of the same application', { ...OWNER, buildId: 'b2', unit: 'app/1' }, true],
    ['another application', { ...OWNER, application: 'other' }, false],
    ['another model', { ...OWNER, modelUuid: 'm2' }, false],
    ['no model', { ...OWNER, modelUuid: '' }, false],
  ])('of %s: ours or not', (_, owner, expected) => {
    expect(isOwnedBy(encodeOwner(owner), OWNER)).toBe(expected);
  });

  test('without metadata is nobody’s', () => {
    expect(isOwnedBy({}, OWNER)).toBe(false);
    expect(isOwnedBy({}, { ...OWNER, modelUuid: '' })).toBe(false);
  });

  test('made outside Juju, whose Nova drops empty values, is still its own', () => {
    const owner = { ...OWNER, modelUuid: '' };
    expect(isOwnedBy({ [OWNER_KEYS.application]: 'app' }, owner)).toBe(true);
  });
});

describe('the comment of a keypair', () => {
  const anyText = fc.string({ minLength: 1, unit: 'grapheme' });

  test('brings back whatever owner and process were written', () => {
    fc.assert(
      fc.property(anyText, fc.string(), fc.string(), anyText, anyText, (...given) => {
        const [application, modelUuid, unit, buildId, process] = given;
        const owner = { application, modelUuid, unit, buildId };
        const key = `ssh-ed25519 AAAA ${encodeKeypairComment(owner, process)}\n`;
        expect(findKeypairMetadata(key)).toEqual({ ...encodeOwner(owner), [OWNER_KEYS.process]: process });
      }),
    );
  });

  test('is one word', () => {
    fc.assert(
      fc.property(anyText, (application) => {
        expect(encodeKeypairComment({ ...OWNER, application }, 'p')).toMatch(/^image-builder:[\w-]+$/);
      }),
    );
  });

  test.each([
    ['of somebody', 'ssh-ed25519 AAAA me@host'],
    ['that is missing', 'ssh-ed25519 AAAA'],
    ['of an empty key', ''],
    ['with our mark and no JSON', 'ssh-ed25519 AAAA image-builder:e30x'],
    ['with our mark and nothing', 'ssh-ed25519 AAAA image-builder:'],
    ['without an application', `ssh-ed25519 AAAA image-builder:${Buffer.from('{}').toString('base64url')}`],
  ])('%s is not ours', (_, key) => {
    expect(findKeypairMetadata(key)).toBeUndefined();
  });
});
