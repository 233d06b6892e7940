import { describe, expect, test } from '@jest/globals';
import {
  findGithubDigest,
  githubApiOf,
  resolveRunnerRelease,
} from '../../../src/image-builder/build/runner-release.ts';
import { RunnerDownloadError } from '../../../src/model/errors.ts';
import type { Http } from '../../../src/system/http/http.ts';
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
    ['without a redirect', { status: 200, body: 'hello' }, 'answered 200; expected a redirect to', 'build'],
    ['that is missing', { status: 404 }, 'answered 404; gave up after 3 attempts; expected', 'unavailable'],
    ['that leads elsewhere', { status: 302, headers: { location: '/login' } }, '404', 'unavailable'],
    ['that is cut off', 'reset', 'gave no answer: .*; gave up after 5 attempts', 'unavailable'],
  ] as const)('A mirror with a /latest %s has no latest runner', async (_, answer, message, kind) => {
    at.http.on('GET /releases/latest', answer);
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    expect(error).toBeInstanceOf(RunnerDownloadError);
    expect(error).toMatchObject({ kind, message: expect.stringMatching(message) });
  });

  test('The latest runner is found through redirects to another place of the mirror', async () => {
    at.http.on('GET /releases/latest', { status: 301, headers: { location: '/moved/releases/latest' } });
    const tag = { status: 302, headers: { location: '/moved/releases/tag/v2.331.0' } };
    at.http.on('GET /moved/releases/latest', [{ status: 503 }, tag]);
    at.http.on(SUMS, [{ status: 404 }, { body: SUM }]);
    expect(await resolveRunnerRelease(makeTools().tools, 'x64', '')).toMatchObject({ version: '2.331.0' });
  });

  test('A runner version that does not exist is an input error with version, URL and advice', async () => {
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', '9.9.9'));
    expect(error).toBeInstanceOf(RunnerDownloadError);
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toMatch(/^runner version 9\.9\.9 does not exist at http:.*\/releases \(http:.*404/);
    expect(error.message).toMatch('set --runner-version to a version that is listed there');
  });

  test('A mirror that lacks the latest version that it announces is unavailable', async () => {
    const location = '/releases/tag/v9.9.9';
    at.http.on('GET /releases/latest', { status: 302, headers: { location } });
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringMatching('answered 404') });
  });

  test('A rate limit of the releases is reported with its end and the way round', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795250400' };
    at.http.on('GET /releases/latest', {
      status: 403,
      headers,
      body: { message: 'API rate limit exceeded' },
    });
    const error = await failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    expect(error).toMatchObject({ name: 'RunnerDownloadError', kind: 'unavailable' });
    expect(error.message).toMatch(
      /403 because of a rate limit: API rate limit exceeded; it accepts requests again at 2026-11-21T\d\d:\d\d:\d\d/,
    );
    expect(error.message).toMatch('set --runner-releases-url to a mirror');
    expect(at.http.requests('GET /releases/latest')).toHaveLength(1);
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
  /** Returns a context for the releases on GitHub, whose two hosts are the scripted server. */
  const makeGithubTools = () => {
    const { tools } = makeTools({ runnerReleasesUrl: 'https://github.com/actions/runner/releases' });
    const send: Http['send'] = (call) =>
      tools.downloads.send({
        ...call,
        url: call.url.replace(/^https:\/\/(api\.)?github\.com/, at.http.origin),
      });
    return { ...tools, downloads: { ...tools.downloads, send } };
  };
  const API = 'GET /repos/actions/runner/releases/tags/*';

  test('A runner version that GitHub does not have is an input error with the URL of the releases', async () => {
    at.http.on(API, { status: 404, body: { message: 'Not Found' } });
    const error = await failureOf(resolveRunnerRelease(makeGithubTools(), 'x64', '9.9.9'));
    expect(error).toMatchObject({ name: 'RunnerDownloadError', kind: 'input' });
    expect(error.message).toBe(
      'runner version 9.9.9 does not exist at https://github.com/actions/runner/releases ' +
        '(https://api.github.com/repos/actions/runner/releases/tags/v9.9.9: https://api.github.com answered 404; ' +
        'gave up after 3 attempts); set --runner-version to a version that is listed there, or omit it for the latest',
    );
  });

  test('The rate limit of the API is reported with its message, its end and the way round', async () => {
    at.http.on(API, {
      status: 403,
      headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795249800' },
      body: { message: "API rate limit exceeded for 192.0.2.7. (But here's the good news: …)" },
    });
    const error = await failureOf(resolveRunnerRelease(makeGithubTools(), 'x64', '2.331.0'));
    expect(error).toMatchObject({ name: 'RunnerDownloadError', kind: 'unavailable' });
    expect(error.message).toBe(
      "the runner's release: https://api.github.com/repos/actions/runner/releases/tags/v2.331.0: " +
        'https://api.github.com answered 403 because of a rate limit: API rate limit exceeded for 192.0.2.7. ' +
        "(But here's the good news: …); it accepts requests again at 2026-11-21T08:30:00.000Z; " +
        'try again later, or set --runner-releases-url to a mirror',
    );
  });

  test('A checksum that GitHub sends after a failure for a moment is found', async () => {
    const release = { body: '', assets: [{ name: FILE, digest: `sha256:${SUM}` }] };
    at.http.on(API, [{ status: 502 }, 'reset', { body: release }]);
    expect(await resolveRunnerRelease(makeGithubTools(), 'x64', '2.331.0')).toMatchObject({ sha256: SUM });
  });

  test.each([
    ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
    ['yesterday', undefined],
    [7, undefined],
    [undefined, undefined],
  ])('A release that GitHub published at %s has the time %s', async (published_at, releasedAt) => {
    at.http.on(API, { body: { published_at, assets: [{ name: FILE, digest: `sha256:${SUM}` }] } });
    const release = await resolveRunnerRelease(makeGithubTools(), 'x64', '2.331.0');
    expect({ ...release, releasedAt: release.releasedAt }).toMatchObject({ sha256: SUM, releasedAt });
  });

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
