import { describe, expect, test } from '@jest/globals';
import {
  IMAGE_DEFAULT_APT_PACKAGES,
  parseAptPackages,
  resolveAptPackages,
} from '../../../src/model/guest/apt-packages.ts';
import { encodeBuildInputs, describeInputChanges } from '../../../src/model/image/build-inputs.ts';
import {
  DEFAULT_CONTENT,
  type GuestOption,
  readGuestContent,
  readGuestSources,
} from '../../../src/model/guest/guest-options.ts';

/** Reads options and returns the values and the problems. */
function read(options: Partial<Record<GuestOption, string>>) {
  const problems: string[] = [];
  const reader = {
    text: (option: GuestOption) => options[option] ?? '',
    addProblem: (option: GuestOption, expected: string, got: string) =>
      void problems.push(`${option}: expected ${expected}, got ${got}`),
  };
  return { content: readGuestContent(reader), sources: readGuestSources(reader), problems };
}

describe('apt-packages', () => {
  const parse = (text: string): readonly [string, readonly string[]] => {
    const problems: string[] = [];
    const list = parseAptPackages(text, (expected, got) => void problems.push(`${expected}: ${got}`));
    return [list, problems];
  };

  test('An empty option stands for the default packages', () => {
    expect(parse(' ')).toEqual(['', []]);
    expect(resolveAptPackages('')).toEqual(IMAGE_DEFAULT_APT_PACKAGES);
  });

  test('Plain names replace the default packages', () => {
    expect(parse('jq, docker.io g++,jq')).toEqual(['docker.io,g++,jq', []]);
    expect(resolveAptPackages('docker.io,g++,jq')).toEqual(['docker.io', 'g++', 'jq']);
  });

  test('Names with a sign change the default packages', () => {
    const [list, problems] = parse('+g++,-cargo,+jq');
    expect([list, problems]).toEqual(['+g++,+jq,-cargo', []]);
    const packages = resolveAptPackages(list);
    expect(packages).toEqual([...IMAGE_DEFAULT_APT_PACKAGES.filter((name) => name !== 'cargo'), 'g++']);
  });

  test.each([
    ['Golang', 'names of Debian packages such as golang or \\+golang: Golang'],
    ['golang-', 'names of Debian packages .*: golang-'],
    ['$(reboot)', 'names of Debian packages .*'],
    ['a', 'names of Debian packages .*: a'],
    ['jq=1.7', 'names of Debian packages .*: jq=1.7'],
    ['--force-yes', 'names of Debian packages .*: --force-yes'],
    ['jq,+golang', 'either names that replace .*: jq,\\+golang'],
    ['-golang', '-NAME only for a default package .*: -golang'],
    ['+jq,-jq', 'each package once: \\+jq and -jq'],
  ])('The list %s is refused', (text, problem) => {
    const [, problems] = parse(text);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${problem}$`))]);
  });
});

describe('guest-parts', () => {
  test.each([
    ['', ''],
    ['-yq, -aproxy', 'yq,aproxy'],
    ['apt,docker', 'yarn,yq,aproxy,opentelemetry-collector'],
    ['-apt,-docker,-yarn', 'apt,docker,yarn'],
  ])('The list "%s" leaves out "%s"', (text, leftOut) => {
    const { content, problems } = read({ 'guest-parts': text });
    expect([content.leftOutParts, problems]).toEqual([leftOut, []]);
  });

  test.each([
    ['-vim', 'the parts apt, docker, yarn, yq, aproxy, opentelemetry-collector, got vim'],
    ['-users,-yq', 'no part that every image has \\(.*users, runner\\), got -users'],
    ['-yq,apt', 'either the parts to install, or -NAME for the parts to leave out, got -yq,apt'],
    ['+yq', 'the parts .*, got \\+yq'],
    [
      '-apt,-yarn',
      '-docker too, because the part docker needs the package docker.io, got no part apt, which installs it',
    ],
  ])('The list %s is refused', (text, problem) => {
    const { problems } = read({ 'guest-parts': text });
    expect(problems[0]).toMatch(new RegExp(`^guest-parts: expected ${problem}$`));
  });

  test('A part whose package is not installed is refused', () => {
    expect(read({ 'apt-packages': 'npm' }).problems).toEqual([
      'guest-parts: expected -docker too, because the part docker needs the package docker.io, got no package docker.io',
    ]);
    expect(read({ 'apt-packages': 'npm', 'guest-parts': '-docker' }).problems).toEqual([]);
  });
});

describe('mirrors', () => {
  const OPTIONS = ['docker-mirror', 'apt-mirror', 'npm-registry', 'yq-url', 'snap-proxy'] as const;

  test.each(OPTIONS)(
    'The option %s takes a URL without a login, and its problem repeats no value',
    (option) => {
      expect(read({ [option]: ' http://mirror.example/path ' })).toMatchObject({ problems: [] });
      const { content, sources } = read({ [option]: 'http://mirror.example' });
      expect(JSON.stringify([content, sources])).toContain('"http://mirror.example"');
      const [login] = read({ [option]: 'http://user:MARKED@mirror.example' }).problems;
      expect(login).toBe(
        `${option}: expected a URL without user, password, query and fragment, got one that has them`,
      );
      const [odd] = read({ [option]: 'ftp://MARKED' }).problems;
      expect(odd).toBe(`${option}: expected a URL like https://example.com/path, got something else`);
    },
  );
});

describe('the inputs of an image with guest options', () => {
  const facts = { charm: '0.2.0', runner: 'latest', script: 'none', base: '', properties: '' };
  const inputs = { ...facts, dockerhubCache: '' };
  const before = encodeBuildInputs({ ...inputs, content: DEFAULT_CONTENT });

  test('Options with their default are not mentioned', () => {
    expect(before).toBe('charm=0.2.0 runner=latest script=none');
  });

  test.each([
    ['aptPackages', '+golang', 'packages default → +golang'],
    ['leftOutParts', 'yq', 'left-out none → yq'],
    ['dockerMirror', 'https://m', 'docker-mirror none → https://m'],
    ['keptProxy', 'abc', 'proxy none → abc'],
    ['bootstrap', 'build', 'bootstrap boot → build'],
  ])('A change of %s is named as a reason', (field, value, reason) => {
    const after = encodeBuildInputs({ ...inputs, content: { ...DEFAULT_CONTENT, [field]: value } });
    expect(describeInputChanges(before, after)).toBe(reason);
  });

  test('A text that would be too long has digests of its longest values, which differ when the values do', () => {
    const encode = (last: string): string =>
      encodeBuildInputs({
        ...inputs,
        base: '20260801.1',
        properties: `hw_x=${'p'.repeat(145)}`,
        content: {
          aptPackages: `${'golang,'.repeat(100)}${last}`,
          leftOutParts: 'yq',
          dockerMirror: `https://${'m'.repeat(200)}`,
          keptProxy: '0123456789abcdef',
          bootstrap: 'boot',
        },
      });
    expect(encode('a').length).toBeLessThanOrEqual(255);
    expect(encode('a')).toMatch(
      / packages=#[0-9a-f]{16} left-out=yq docker-mirror=#[0-9a-f]{16} proxy=0123456789abcdef$/,
    );
    expect(describeInputChanges(encode('a'), encode('b'))).toMatch(/^packages #\S+ → #\S+$/);
  });
});
