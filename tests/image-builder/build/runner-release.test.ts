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
  ])('The %s redirect of /latest determines the latest runner of a mirror', async (_, location) => {
    at.http.on('GET /releases/latest', { status: 302, headers: { location: location() } });
    at.http.on(SUMS, { body: `${SUM.toUpperCase()}  ${FILE}\n` });
    expect(await resolveRunnerRelease(makeTools().tools, 'x64', '')).toEqual({
      version: '2.331.0',
      url: `${at.http.origin}/releases/download/v2.331.0/${FILE}`,
      sha256: SUM,
    });
  });

  test('A given runner version needs no request for the latest', async () => {
    at.http.on(SUMS, { body: SUM });
    const { tools } = makeTools({ runnerReleasesUrl: `${at.http.origin}/releases//` });
    expect((await resolveRunnerRelease(tools, 'x64', '2.331.0')).sha256).toBe(SUM);
    expect(at.http.requests()).toHaveLength(1);
  });

  test.each([
    [
      'without a redirect',
      { status: 200, body: 'hello' },
      'expected a redirect to …/tag/v<version>, got 200',
    ],
    ['that is missing', { status: 404 }, 'got 404, no location'],
    ['that leads elsewhere', { status: 302, headers: { location: '/login' } }, 'got 302, another location'],
    ['that is cut off', 'reset', 'gave no answer'],
  ] as const)('A mirror with a /latest %s has no latest runner', async (_, answer, message) => {
    at.http.on('GET /releases/latest', answer);
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    expect(error).toBeInstanceOf(RunnerDownloadError);
    expect(error.message).toMatch(message);
  });

  test.each([
    ['that is missing', { status: 404 }, 'answered 404'],
    ['that is not a checksum', { body: '<html>' }, `${FILE}: expected its SHA-256 at`],
    ['that is too long', { body: `${SUM}0` }, 'found none'],
  ])('A runner with a checksum %s is rejected', async (_, answer, message) => {
    at.http.on(SUMS, answer);
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', '2.331.0'));
    expect(error).toBeInstanceOf(RunnerDownloadError);
    expect(error.message).toMatch(message);
  });

  test('The password in the URL of a mirror is not in the error', async () => {
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
  ])('The releases at %s have the API URL %s', (root, api) => {
    expect(githubApiOf(root)).toBe(api);
  });

  const notes = `<!-- BEGIN SHA linux-x64 -->${SUM}<!-- END SHA linux-x64 -->`;
  test.each([
    ['is the digest of the asset', { assets: [{ name: FILE, digest: `sha256:${SUM.toUpperCase()}` }] }, SUM],
    ['is in the notes of an older release', { body: notes, assets: [{ name: FILE, digest: null }] }, SUM],
    [
      'is the digest of the asset when the notes have another',
      { body: notes, assets: [{ name: FILE, digest: `sha256:${'c'.repeat(64)}` }] },
      'c'.repeat(64),
    ],
    [
      'is not that of another asset',
      { assets: [{ name: `${FILE}.asc`, digest: `sha256:${SUM}` }] },
      undefined,
    ],
    ['is not that of another platform', { body: notes.replaceAll('x64', 'arm64'), assets: [] }, undefined],
    ['is not another kind of digest', { assets: [{ name: FILE, digest: `md5:${SUM}` }] }, undefined],
    ['is missing in an error response', { message: 'rate limit exceeded' }, undefined],
  ])('The checksum of a GitHub release %s', (_, release, expected) => {
    expect(findGithubDigest(JSON.stringify(release), FILE)).toBe(expected);
  });

  test('A GitHub response that is not JSON has no checksum', () => {
    expect(findGithubDigest('<html>', FILE)).toBeUndefined();
  });
});
