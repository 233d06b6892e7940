import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CloudsYAMLError } from '../../../src/model/errors.ts';
import { getCloudAccess, parseCloudsYaml, readCloudsYaml } from '../../../src/openstack/login/clouds-yaml.ts';
import { failureOf } from '../../support/cloud-fixture.ts';
import { LINEAR_SECONDS, processorSecondsOf } from '../../support/processor-time.ts';

const TEXT = 'clouds:\n  first:\n    auth: {}\n  second: {}\n';

const manyClouds = (count: number): string =>
  `clouds:\n${Array.from({ length: count }, (_, index) => `  c${index}: {}\n`).join('')}`;

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

  const read = (paths: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    readCloudsYaml({ env: { HOME: join(folder, 'home'), ...env }, paths, cwd: folder });
  const write = async (path: string, text: string): Promise<string> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    return join(folder, path);
  };
  const PATHS = ['./clouds.yaml', '~/.config/openstack/clouds.yaml'];

  test('The first existing file of the search path is read', async () => {
    const path = await write('b/clouds.yaml', TEXT);
    await write('c/clouds.yaml', 'clouds: {other: {}}');
    const yaml = await read(['./a/clouds.yaml', './b/clouds.yaml', './c/clouds.yaml']);
    expect([yaml.path, [...yaml.clouds.keys()]]).toEqual([path, ['first', 'second']]);
  });

  test('Only the file of OS_CLIENT_CONFIG_FILE is read when that is set', async () => {
    await write('clouds.yaml', TEXT);
    const error = await failureOf(read(PATHS, { OS_CLIENT_CONFIG_FILE: './none.yaml' }));
    expect(error.message).toBe(
      `${join(folder, 'none.yaml')}: expected a readable file, as OS_CLIENT_CONFIG_FILE says, found none`,
    );
  });

  test('The usual search path is used when OS_CLIENT_CONFIG_FILE is empty', async () => {
    const path = await write('clouds.yaml', TEXT);
    expect((await read(PATHS, { OS_CLIENT_CONFIG_FILE: '' })).path).toBe(path);
  });

  test('The error lists all folders and the variables when no file exists', async () => {
    const error = await failureOf(read(PATHS, { XDG_CONFIG_HOME: join(folder, 'xdg') }));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    const folders = [folder, join(folder, 'xdg/openstack'), join(folder, 'home/.config/openstack')];
    expect(error.message).toMatch(folders.join(', '));
    expect(error.message).toMatch(/OS_CLIENT_CONFIG_FILE.*OS_AUTH_URL/);
  });

  test('A file that cannot be read is an error, and no other file is read', async () => {
    await mkdir(join(folder, 'clouds.yaml'));
    await write('clouds.yml', TEXT);
    const error = await failureOf(read(PATHS));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(error.message).toMatch(`${join(folder, 'clouds.yaml')}: expected a readable file`);
  });

  test.each([
    ['larger than 1 MiB', '#'.repeat(1024 * 1024 + 1), 'larger than 1048576 bytes'],
    ['not in UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff]), 'expected a readable file'],
  ])('A file that is %s is an error', async (_, content, message) => {
    await writeFile(join(folder, 'clouds.yaml'), content);
    expect((await failureOf(read(PATHS))).message).toMatch(message);
  });

  test('A file without end is an error', async () => {
    const error = await failureOf(read(PATHS, { OS_CLIENT_CONFIG_FILE: '/dev/zero' }));
    expect(error.message).toMatch('larger than 1048576 bytes');
  });

  test('The cloud of the OS_* variables precedes those of the file', async () => {
    await write('clouds.yaml', TEXT);
    const yaml = await read(PATHS, { OS_USERNAME: 'u' });
    expect([...yaml.clouds.keys()]).toEqual(['envvars', 'first', 'second']);
    expect(() => getCloudAccess(yaml, 'envvars')).toThrow(
      /^OS_\* variables: clouds\.envvars\.auth\.auth_url: /,
    );
  });

  test.each(['OS_CLOUD', 'OS_REGION_NAME', 'OS_LOG_PATH', 'OS_TEST_PATH'])(
    'The variable %s alone makes no cloud',
    async (name) => {
      await write('clouds.yaml', TEXT);
      expect([...(await read(PATHS, { [name]: 'x' })).clouds.keys()]).toEqual(['first', 'second']);
    },
  );

  test('An unreadable clouds-public.yaml matters only to clouds with a profile', async () => {
    await write('clouds-public.yaml', 'x: "pw-MARKED');
    await write('clouds.yaml', TEXT);
    expect((await read(PATHS)).clouds.size).toBe(2);
    await write('clouds.yaml', 'clouds: {a: {profile: p}}');
    const error = await failureOf(read(PATHS));
    expect(error).toBeInstanceOf(CloudsYAMLError);
    expect(inspect(error, { depth: 20 })).not.toMatch('MARKED');
  });

  test('Invalid JSON is an error that does not quote the text', async () => {
    await write('clouds.json', '{"clouds": {"a": "pw-MARKED');
    const error = await failureOf(read(PATHS));
    expect(error.message).toMatch('clouds.json: expected JSON');
    expect(inspect(error, { depth: 20 })).not.toMatch('MARKED');
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
    ['empty', '', 'clouds: expected at least one cloud, got none'],
    ['a list', '- pw-MARKED', 'expected a mapping with the key clouds'],
    ['without clouds', 'pw: pw-MARKED', 'clouds: expected at least one cloud, got none'],
    ['with a list of clouds', 'clouds: [pw-MARKED]', 'clouds: expected a mapping'],
    ['with more than 1000 clouds', manyClouds(1001), 'expected at most 1000 clouds, got 1001'],
    [
      'with a long name',
      `clouds: {${'x'.repeat(256)}: {}}`,
      'names of at most 255 characters, got one of 256',
    ],
    ['nested deeply', `clouds: ${'['.repeat(1000)}`, 'nesting exceeded maxDepth'],
    ['full of aliases', `a: &a x\nb: [${'*a,'.repeat(1001)}]`, 'aliases exceeded maxAliases'],
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

  test('The error for a missing cloud names at most twenty clouds', () => {
    const yaml = parseCloudsYaml(manyClouds(100), 'p');
    expect(() => getCloudAccess(yaml, 'x'.repeat(1000))).toThrow(/c19 and 80 more, got x{60}…$/);
  });

  const bomb = Array.from({ length: 30 }, (_, level) => {
    const below = level === 0 ? '1' : `*k${level - 1}`;
    return `k${level}: &k${level} {x: ${below}, y: ${below}}`;
  }).join('\n');

  test.each([
    ['the entry', '*k29'],
    ['auth', '{auth: *k29}'],
    ['the password', '{auth: {auth_url: "https://h", username: u, password: *k29}}'],
    ['the values of a region', '{auth: *k29, regions: [{name: R, values: *k29}]}'],
    ['an unknown key', '{other: *k29}'],
  ])('Aliases that stand for a billion keys are not expanded as %s', (_, entry) => {
    const seconds = processorSecondsOf(() => {
      const yaml = parseCloudsYaml(`${bomb}\nclouds: {a: ${entry}}`, 'p');
      expect(() => getCloudAccess(yaml, 'a')).toThrow(CloudsYAMLError);
    });
    expect(seconds).toBeLessThan(LINEAR_SECONDS);
  });

  test.each([
    ['flow sequences', `${'['.repeat(2200)}${']'.repeat(2200)}`],
    ['flow mappings', `${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`],
  ])('Thousands of nested %s are an error of the text', (_, text) => {
    expect(failureIn(`clouds: ${text}`).message).toMatch('nesting exceeded maxDepth');
  });

  test('A banner of a million # is parsed in linear time', () => {
    const banner = '#'.repeat(1_000_000);
    const seconds = processorSecondsOf(() => {
      expect(parseCloudsYaml(`${banner}\n${TEXT}`, 'p').clouds.size).toBe(2);
      expect(failureIn(`${'#\n'.repeat(500_000)} `).message).toMatch('expected at least one cloud');
      expect(failureIn(`${'#'.repeat(1000)}\n`.repeat(1000)).message).toMatch('expected at least one cloud');
    });
    expect(seconds).toBeLessThan(LINEAR_SECONDS);
  });

  test.each(['__proto__', 'constructor', 'toString'])('The inherited property %s is not a cloud', (name) => {
    expect(() => getCloudAccess(parseCloudsYaml(TEXT, 'p'), name)).toThrow(CloudsYAMLError);
  });
});
