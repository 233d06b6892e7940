import { describe, expect, test } from '@jest/globals';
import {
  findGithubDigest,
  githubApiOf,
  resolveRunnerRelease,
} from '../../../src/image-builder/build/runner-release.ts';
import { RunnerDownloadError } from '../../../src/model/errors.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SUM = 'ab'.repeat(32);
const FILE = 'actions-runner-linux-x64-2.331.0.tar.gz';
const SUMS = `GET /releases/download/v2.331.0/${FILE}.sha256`;

describe('the runner of a mirror', () => {
  test.each([
    ['absolute', () => `${at.http.origin}/releases/tag/v2.331.0`],
    ['relative', () => '../releases/tag/v2.331.0'],
  ])('is the latest by the %s redirect of /latest', async (_, location) => {
    at.http.on('GET /releases/latest', { status: 302, headers: { location: location() } });
    at.http.on(SUMS, { body: `${SUM.toUpperCase()}  ${FILE}\n` });
    expect(await resolveRunnerRelease(makeTools().tools, 'x64', '')).toEqual({
      version: '2.331.0',
      url: `${at.http.origin}/releases/download/v2.331.0/${FILE}`,
      sha256: SUM,
    });
  });

  test('of a given version does not ask for the latest', async () => {
    at.http.on(SUMS, { body: SUM });
    const { tools } = makeTools({ runnerReleasesUrl: `${at.http.origin}/releases//` });
    expect((await resolveRunnerRelease(tools, 'x64', '2.331.0')).sha256).toBe(SUM);
    expect(at.http.requests()).toHaveLength(1);
  });

  test.each([
    ['gives no redirect', { status: 200, body: 'hello' }, 'expected a redirect to …/tag/v<version>, got 200'],
    ['is not there', { status: 404 }, 'got 404, no location'],
    ['leads elsewhere', { status: 302, headers: { location: '/login' } }, 'got 302, another location'],
    ['is cut', 'reset', 'gave no answer'],
  ] as const)('whose /latest %s cannot be resolved', async (_, answer, told) => {
    at.http.on('GET /releases/latest', answer);
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    expect(error).toBeInstanceOf(RunnerDownloadError);
    expect(error.message).toMatch(told);
  });

  test.each([
    ['is missing', { status: 404 }, 'answered 404'],
    ['is no sum', { body: '<html>' }, `${FILE}: expected its SHA-256 at`],
    ['is too long to be one', { body: `${SUM}0` }, 'found none'],
  ])('whose checksum %s is not used', async (_, answer, told) => {
    at.http.on(SUMS, answer);
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', '2.331.0'));
    expect(error).toBeInstanceOf(RunnerDownloadError);
    expect(error.message).toMatch(told);
  });

  test('at a URL with a password is told without it', async () => {
    const runnerReleasesUrl = at.http.origin.replace('://', '://me:url-MARKED@');
    const { tools } = makeTools({ runnerReleasesUrl });
    const error = await failureOf(resolveRunnerRelease(tools, 'x64', ''));
    expect(error.message).not.toMatch('MARKED');
  });
});

describe('GitHub', () => {
  test.each([
    ['https://github.com/actions/runner/releases', 'https://api.github.com/repos/actions/runner/releases'],
    ['https://github.com/me/fork/releases', 'https://api.github.com/repos/me/fork/releases'],
    ['https://mirror.example/actions/runner/releases', undefined],
    ['https://github.com.evil.example/actions/runner/releases', undefined],
    ['http://github.com/actions/runner/releases', undefined],
  ])('%s has its API at %s', (root, api) => {
    expect(githubApiOf(root)).toBe(api);
  });

  const notes = `<!-- BEGIN SHA linux-x64 -->${SUM}<!-- END SHA linux-x64 -->`;
  test.each([
    ['the digest of the asset', { assets: [{ name: FILE, digest: `sha256:${SUM.toUpperCase()}` }] }, SUM],
    ['the notes of an older release', { body: notes, assets: [{ name: FILE, digest: null }] }, SUM],
    [
      'the asset before the notes',
      { body: notes, assets: [{ name: FILE, digest: `sha256:${'c'.repeat(64)}` }] },
      'c'.repeat(64),
    ],
    ['no other asset', { assets: [{ name: `${FILE}.asc`, digest: `sha256:${SUM}` }] }, undefined],
    ['no other platform', { body: notes.replaceAll('x64', 'arm64'), assets: [] }, undefined],
    ['no other kind of digest', { assets: [{ name: FILE, digest: `md5:${SUM}` }] }, undefined],
    ['nothing in an error', { message: 'rate limit exceeded' }, undefined],
  ])('tells the checksum by %s', (_, release, expected) => {
    expect(findGithubDigest(JSON.stringify(release), FILE)).toBe(expected);
  });

  test('that answers no JSON tells no checksum', () => {
    expect(findGithubDigest('<html>', FILE)).toBeUndefined();
  });
});
