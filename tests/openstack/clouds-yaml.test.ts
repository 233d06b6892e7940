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

describe('the search path of clouds.yaml', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clouds-yaml-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = (paths: readonly string[], configFile?: string) =>
    readCloudsYaml({ configFile, paths, cwd: folder });

  test('The first existing file of the search path is read', async () => {
    await writeFile(join(folder, 'b.yaml'), TEXT);
    await writeFile(join(folder, 'c.yaml'), 'clouds: {other: {}}');
    const yaml = await read(['./a.yaml', './b.yaml', './c.yaml']);
    expect([yaml.path, [...yaml.clouds.keys()]]).toEqual([join(folder, 'b.yaml'), ['first', 'second']]);
  });

  test('Only the file of OS_CLIENT_CONFIG_FILE is read when that is set', async () => {
    await writeFile(join(folder, 'a.yaml'), TEXT);
    const error = await failureOf(read(['./a.yaml'], './none.yaml'));
    expect(error.message).toBe(
      `clouds.yaml: expected a file at one of ${join(folder, 'none.yaml')}, found none`,
    );
  });

  test('The usual search path is used when OS_CLIENT_CONFIG_FILE is empty', async () => {
    await writeFile(join(folder, 'a.yaml'), TEXT);
    expect((await read(['./a.yaml'], '')).path).toBe(join(folder, 'a.yaml'));
  });

  test('A path may start at the home folder, and the error lists all paths when no file exists', async () => {
    const name = `no-such-${folder.slice(-6)}.yaml`;
    const error = await failureOf(read([`~/${name}`, './x.yaml']));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toMatch(`${join(homedir(), name)}, ${join(folder, 'x.yaml')}`);
    expect(error.message).toMatch('OS_CLIENT_CONFIG_FILE');
  });

  test('A file that cannot be read is an error, and no other file is read', async () => {
    await mkdir(join(folder, 'a.yaml'));
    await writeFile(join(folder, 'b.yaml'), TEXT);
    const error = await failureOf(read(['./a.yaml', './b.yaml']));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toMatch(`${join(folder, 'a.yaml')}: expected a readable file`);
  });
});

describe('the text of clouds.yaml', () => {
  test('Anchors and merge keys are supported', () => {
    const text = 'base: &b {region_name: R1}\nclouds:\n  one:\n    <<: *b\n    auth: {}\n';
    expect(parseCloudsYaml(text, 'p').clouds.get('one')).toEqual({ region_name: 'R1', auth: {} });
  });

  test.each([
    ['an unclosed quote', 'clouds:\n  one:\n    password: "pw-MARKED\n'],
    ['a tab', 'clouds:\n  one:\n\tpassword: pw-MARKED\n'],
    ['a wrong indent', 'clouds:\n  one:\n    password: pw-MARKED\n   x: 1\n'],
    ['a key twice', 'clouds:\n  pw-MARKED: 1\n  pw-MARKED: 2\n'],
    ['two documents', 'clouds:\n  one: {}\n---\npw-MARKED: 2\n'],
  ])('A text with %s gives an error that has the line and does not quote the text', (_, text) => {
    expect(failureIn(text).message).toMatch(/^\/x\/clouds\.yaml: expected YAML: .+/);
  });

  test.each([
    ['password that begins with !', 'clouds:\n  one: !pw-MARKED x\n'],
    ['password that begins with *', 'clouds:\n  one: *pw-MARKED\n'],
  ])('A text with an unquoted %s gives an error that does not quote it', (_, text) => {
    expect(failureIn(text).message).toMatch(/line \d/);
  });

  test('A syntax error is reported with its line', () => {
    expect(failureIn('clouds:\n  one:\n    password: "pw-MARKED\n').message).toMatch(/line \d/);
  });

  test.each([
    ['empty', '', 'expected a mapping, got nothing'],
    ['a list', '- pw-MARKED', 'expected a mapping, got a list'],
    ['without clouds', 'pw: pw-MARKED', 'clouds: expected a mapping, got nothing'],
    ['with an empty list of clouds', 'clouds: {}', 'clouds: expected at least one cloud, got none'],
  ])('A text that is %s is an error', (_, text, message) => {
    expect(failureIn(text).message).toMatch(message);
  });

  test('The error for a missing cloud lists the existing ones', () => {
    const yaml = parseCloudsYaml(TEXT, '/x/clouds.yaml');
    expect(() => getCloudAccess(yaml, 'third')).toThrow(CloudsYAMLError);
    expect(() => getCloudAccess(yaml, 'third')).toThrow(
      '/x/clouds.yaml: expected one of the clouds first, second, got third',
    );
  });

  test.each(['__proto__', 'constructor', 'toString'])('The inherited property %s is not a cloud', (name) => {
    expect(() => getCloudAccess(parseCloudsYaml(TEXT, 'p'), name)).toThrow(CloudsYAMLError);
  });
});
