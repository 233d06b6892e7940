import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudsYAMLError } from '../../src/model/errors.ts';
import { getCloudAccess, parseCloudsYaml, readCloudsYaml } from '../../src/openstack/clouds-yaml.ts';
import { failureOf } from '../support/cloud-fixture.ts';

const TEXT = 'clouds:\n  first:\n    auth: {}\n  second: {}\n';

function failureIn(content: string): CloudsYAMLError {
  try {
    parseCloudsYaml(content, '/x/clouds.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(inspect(error, { depth: 20 })).not.toMatch('MARKED');
    return error as CloudsYAMLError;
  }
  throw new Error('expected a failure');
}

describe('the place of clouds.yaml', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clouds-yaml-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = (paths: readonly string[], configFile?: string) =>
    readCloudsYaml({ configFile, paths, cwd: folder });

  test('is the first of the paths where there is one', async () => {
    await writeFile(join(folder, 'b.yaml'), TEXT);
    await writeFile(join(folder, 'c.yaml'), 'clouds: {other: {}}');
    const yaml = await read(['./a.yaml', './b.yaml', './c.yaml']);
    expect([yaml.path, [...yaml.clouds.keys()]]).toEqual([join(folder, 'b.yaml'), ['first', 'second']]);
  });

  test('is OS_CLIENT_CONFIG_FILE alone when that is set', async () => {
    await writeFile(join(folder, 'a.yaml'), TEXT);
    const error = await failureOf(read(['./a.yaml'], './none.yaml'));
    expect(error.message).toBe(
      `clouds.yaml: expected a file at one of ${join(folder, 'none.yaml')}, found none`,
    );
  });

  test('is looked for in the usual places when OS_CLIENT_CONFIG_FILE is empty', async () => {
    await writeFile(join(folder, 'a.yaml'), TEXT);
    expect((await read(['./a.yaml'], '')).path).toBe(join(folder, 'a.yaml'));
  });

  test('may begin at the home folder, and all places are told when there is none', async () => {
    const name = `no-such-${folder.slice(-6)}.yaml`;
    const error = await failureOf(read([`~/${name}`, './x.yaml']));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toMatch(`${join(homedir(), name)}, ${join(folder, 'x.yaml')}`);
    expect(error.message).toMatch('OS_CLIENT_CONFIG_FILE');
  });

  test('that cannot be read is told and no other is taken', async () => {
    await mkdir(join(folder, 'a.yaml'));
    await writeFile(join(folder, 'b.yaml'), TEXT);
    const error = await failureOf(read(['./a.yaml', './b.yaml']));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toMatch(`${join(folder, 'a.yaml')}: expected a readable file`);
  });
});

describe('the text of clouds.yaml', () => {
  test('may use anchors and merge keys', () => {
    const text = 'base: &b {region_name: R1}\nclouds:\n  one:\n    <<: *b\n    auth: {}\n';
    expect(parseCloudsYaml(text, 'p').clouds.get('one')).toEqual({ region_name: 'R1', auth: {} });
  });

  test.each([
    ['an unclosed quote', 'clouds:\n  one:\n    password: "pw-MARKED\n'],
    ['a tab', 'clouds:\n  one:\n\tpassword: pw-MARKED\n'],
    ['a wrong indent', 'clouds:\n  one:\n    password: pw-MARKED\n   x: 1\n'],
    ['a key twice', 'clouds:\n  pw-MARKED: 1\n  pw-MARKED: 2\n'],
    ['two documents', 'clouds:\n  one: {}\n---\npw-MARKED: 2\n'],
  ])('with %s is told by its line, and never quoted', (_, text) => {
    expect(failureIn(text).message).toMatch(/^\/x\/clouds\.yaml: expected YAML: .+/);
  });

  test.each([
    ['password that begins with !', 'clouds:\n  one: !pw-MARKED x\n'],
    ['password that begins with *', 'clouds:\n  one: *pw-MARKED\n'],
  ])('with an unquoted %s is told without it', (_, text) => {
    expect(failureIn(text).message).toMatch(/line \d/);
  });

  test('that is broken tells the line', () => {
    expect(failureIn('clouds:\n  one:\n    password: "pw-MARKED\n').message).toMatch(/line \d/);
  });

  test.each([
    ['empty', '', 'expected a mapping, got nothing'],
    ['a list', '- pw-MARKED', 'expected a mapping, got a list'],
    ['without clouds', 'pw: pw-MARKED', 'clouds: expected a mapping, got nothing'],
    ['with an empty list of clouds', 'clouds: {}', 'clouds: expected at least one cloud, got none'],
  ])('that is %s is told', (_, text, told) => {
    expect(failureIn(text).message).toMatch(told);
  });

  test('without the cloud asked for tells which there are', () => {
    const yaml = parseCloudsYaml(TEXT, '/x/clouds.yaml');
    expect(() => getCloudAccess(yaml, 'third')).toThrow(CloudsYAMLError);
    expect(() => getCloudAccess(yaml, 'third')).toThrow(
      '/x/clouds.yaml: expected one of the clouds first, second, got third',
    );
  });

  test.each(['__proto__', 'constructor', 'toString'])('knows no cloud %s that nobody wrote', (name) => {
    expect(() => getCloudAccess(parseCloudsYaml(TEXT, 'p'), name)).toThrow(CloudsYAMLError);
  });
});
