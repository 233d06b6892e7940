import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeadlineError, InputError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { GithubClient, type GithubOptions } from '../../src/runner/github/github-client.ts';
import type { GithubAuth } from '../../src/model/github-login.ts';
import { type Http, openHttp } from '../../src/system/http/http.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { type GithubEmulator, startGithub } from '../support/github/emulator.ts';
import { addRunner } from '../support/github/github-state.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { TEST_TRUST } from '../support/test-trust.ts';

const ORG = { org: 'octo-org', group: '' };
const REPO = { owner: 'octo-org', repo: 'hello' };
const SPEC = { name: 'app-0-1', labels: ['app'] };
let github: GithubEmulator;
let http: Http;
let clock: SkippingClock;
let learned: string[];

beforeEach(async () => {
  clock = new SkippingClock();
  github = await startGithub(() => clock.now());
  http = openHttp({ trust: TEST_TRUST, stallTimeoutMs: 60_000 });
  learned = [];
});
afterEach(async () => {
  await http.close();
  await github.close();
});

function makeClient(change: Partial<GithubOptions> = {}): GithubClient {
  const auth: GithubAuth = { method: 'token', token: new Secret(github.token) };
  const onSecret = (secret: Secret): void => void learned.push(secret.reveal());
  const { apiUrl } = github;
  return new GithubClient({ http, apiUrl, clock, apiTimeoutMs: 60_000, auth, onSecret, ...change });
}

const withToken = (token: string): GithubClient =>
  makeClient({ auth: { method: 'token', token: new Secret(token) } });

describe('the GitHub client', () => {
  test.each([
    ['an organisation', ORG, 1],
    ['a group of an organisation', { org: 'octo-org', group: 'trial' }, 9],
    ['a repository', REPO, 1],
  ])('A runner of %s is registered, found and removed', async (_what, path, group) => {
    const client = makeClient();
    const jitConfig = await client.createJitConfig(path, SPEC);
    expect(github.connect(jitConfig?.reveal() ?? '')).toBe(true);
    const owner = 'org' in path ? github.org : github.repo;
    expect(owner.runners).toMatchObject([
      { name: 'app-0-1', runner_group_id: group, labels: [{ name: 'app' }] },
    ]);
    expect(await client.findRunner(path, 'app-0-1')).toMatchObject({ status: 'online', busy: false });
    expect(await client.removeRunner(path, 'app-0-1')).toBe(true);
    expect(await client.removeRunner(path, 'app-0-1')).toBe(false);
    expect(github.names()).toEqual([]);
  });

  test('Every secret that GitHub issues is reported before it is used', async () => {
    const client = makeClient();
    const token = await client.createRegistrationToken(ORG);
    const jitConfig = await client.createJitConfig(ORG, SPEC);
    expect(learned).toEqual([token.reveal(), jitConfig?.reveal()]);
  });

  test('The list contains the runners of all pages', async () => {
    for (let nth = 0; nth < 205; nth++) addRunner(github.org, `r${nth}`, ['x']);
    expect(await makeClient().listRunners(ORG)).toHaveLength(205);
  });

  test('A server that is too old for just-in-time configs is recognised', async () => {
    github.state.hasJitConfigs = false;
    expect(await makeClient().createJitConfig(ORG, SPEC)).toBeUndefined();
  });

  test('The URL for a registration is that of the web, for every kind of GitHub', () => {
    const urlAt = (apiUrl: string): string => makeClient({ apiUrl }).webUrl(REPO);
    expect(urlAt('https://api.github.com')).toBe('https://github.com/octo-org/hello');
    expect(urlAt('https://api.corp.ghe.com')).toBe('https://corp.ghe.com/octo-org/hello');
    expect(urlAt('https://git.example.com/api/v3')).toBe('https://git.example.com/octo-org/hello');
  });
});

describe('a refusal of GitHub', () => {
  test('A wrong token is denied, and the message names the variable', async () => {
    const error = await failureOf(withToken('wrong-MARKED').findRunner(ORG, 'x'));
    expect(error).toMatchObject({ kind: 'denied', status: 401 });
    expect(error.message).toMatch(
      /^find runner x in octo-org: http:\S+ answered 401: Bad credentials; set IMAGE_BUILDER_GITHUB_TOKEN to a token/,
    );
    expect(error.message).not.toContain('MARKED');
  });

  test.each([
    ['organisation', ORG, 'the organisation permission "Self-hosted runners: write"'],
    ['repository', REPO, 'the repository permission "Administration: write"'],
  ])(
    'A token without the permission for the %s is denied, and the message names it',
    async (_what, path, name) => {
      github.state.tokens.set('weak', 'none');
      const error = await failureOf(withToken('weak').createRegistrationToken(path));
      expect(error).toMatchObject({ kind: 'denied', status: 403 });
      expect(error.message).toContain(`; give the token ${name}`);
    },
  );

  test('A path that the token does not see is denied, and the message names path and permission', async () => {
    const error = await failureOf(makeClient().createRegistrationToken({ owner: 'octo-org', repo: 'nope' }));
    expect(error).toMatchObject({ kind: 'denied', status: 404 });
    expect(error.message).toMatch(
      /answered 404: Not Found; check --github-path octo-org\/nope, and that the token/,
    );
  });

  test('An organisation without the group is invalid input that lists the groups', async () => {
    const error = await failureOf(makeClient().createJitConfig({ org: 'octo-org', group: 'nope' }, SPEC));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toBe(
      '--github-group: expected a runner group of octo-org (Default, trial), got nope',
    );
    expect(github.names()).toEqual([]);
  });

  test('A name that is taken is denied, and the other runner stays', async () => {
    addRunner(github.org, SPEC.name, ['x']);
    const error = await failureOf(makeClient().createJitConfig(ORG, SPEC));
    expect(error).toMatchObject({ kind: 'denied', status: 409 });
    expect(error.message).toContain('a runner of this name exists');
    expect(github.names()).toEqual([SPEC.name]);
  });

  test('A runner that runs a job is not removed', async () => {
    addRunner(github.org, 'busy', ['x']).busy = true;
    expect(await failureOf(makeClient().removeRunner(ORG, 'busy'))).toMatchObject({ status: 422 });
    expect(github.names()).toEqual(['busy']);
  });
});

describe('a rate limit of GitHub', () => {
  const limited = (headers: Readonly<Record<string, string>>, message = 'API rate limit exceeded') => ({
    status: 403,
    headers,
    body: { message },
  });

  test('A limit that ends before the deadline is waited for', async () => {
    const before = clock.now();
    github.disturb('GET /orgs', limited({ 'retry-after': '7' }));
    expect(await makeClient().findRunner(ORG, 'x')).toBeUndefined();
    expect(clock.now() - before).toBeGreaterThanOrEqual(7000);
  });

  test('A limit that ends later is unavailable, and the message says when it ends', async () => {
    const reset = String(Math.floor(clock.now() / 1000) + 1800);
    github.disturb('POST /orgs', limited({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }));
    const error = await failureOf(makeClient().createRegistrationToken(ORG));
    expect(error).toMatchObject({ kind: 'unavailable', status: 403 });
    expect(error.message).toMatch(
      /because of a rate limit: API rate limit exceeded; it accepts requests again at 2026-\S+; try again later/,
    );
  });
});

describe('a GitHub that does not answer', () => {
  test('A call that can be repeated is repeated', async () => {
    github.disturb('GET /orgs', 'reset', 2);
    github.disturb('GET /orgs', { status: 502 });
    expect(await makeClient().listRunners(ORG)).toEqual([]);
  });

  test('A registration whose answer is lost is not sent again', async () => {
    github.disturb('POST /orgs/octo-org/actions/runners/generate-jitconfig', 'lost answer');
    const error = await failureOf(makeClient().createJitConfig(ORG, SPEC));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(github.names()).toEqual([SPEC.name]);
    expect(github.requests.filter((call) => call.includes('jitconfig'))).toHaveLength(1);
  });

  test('An answer that is not JSON names the option with the URL', async () => {
    const error = await failureOf(
      makeClient({ apiUrl: github.apiUrl.replace('/v3', '/nope') }).listRunners(ORG),
    );
    expect(error.message).toContain('--github-path');
    github.disturb('GET /orgs', { status: 200, body: 'login page' });
    expect((await failureOf(makeClient().listRunners(ORG))).message).toContain('--github-api-url');
  });

  test('A call ends at its deadline, and the message names the option', async () => {
    github.disturb('GET /orgs', { status: 503 }, 1000);
    const error = await failureOf(makeClient({ apiTimeoutMs: 3000 }).listRunners(ORG));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error instanceof DeadlineError || error.message.includes('try again later')).toBe(true);
  });
});

describe('a GitHub App', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const asApp = (key = privateKey, appId = '12345', installationId?: string): GithubClient =>
    makeClient({ auth: { method: 'app', appId, installationId, privateKey: new Secret(key) } });
  beforeEach(() => {
    github.state.app = { id: '12345', publicKey };
  });

  test('The App logs in with a signed token, and its installation token is reported and used for an hour', async () => {
    const client = asApp();
    await client.createRegistrationToken(REPO);
    await client.findRunner(REPO, 'x');
    expect(github.requests.filter((call) => call.includes('access_tokens'))).toHaveLength(1);
    clock.advance(3_400_000);
    await client.findRunner(REPO, 'x');
    expect(github.requests.filter((call) => call.includes('access_tokens'))).toHaveLength(2);
    expect(learned.filter((secret) => secret.startsWith('ghs_'))).toHaveLength(2);
  });

  test('An App with the id of its installation does not look it up', async () => {
    await asApp(undefined, undefined, '7').findRunner(REPO, 'x');
    expect(github.requests[0]).toBe('POST /app/installations/7/access_tokens');
  });

  test('A key of another App is denied, and the message says what to check', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const error = await failureOf(
      asApp(other.export({ type: 'pkcs8', format: 'pem' }).toString()).findRunner(REPO, 'x'),
    );
    expect(error).toMatchObject({ kind: 'denied', status: 401 });
    expect(error.message).toContain('check the id of the App 12345, its private key, and the clock');
  });

  test('An App that is not installed for the path is denied', async () => {
    const error = await failureOf(asApp().findRunner({ owner: 'octo-org', repo: 'nope' }, 'x'));
    expect(error.message).toContain('install the App 12345 for octo-org/nope');
  });

  test.each([
    ['no key MARKED'],
    [generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ])('A key that is not RSA in PEM is invalid input, and the message does not contain it', async (key) => {
    const error = await failureOf(asApp(key).findRunner(REPO, 'x'));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain('IMAGE_BUILDER_GITHUB_APP_KEY: expected the private key');
    expect(error.message).not.toContain(key.slice(0, 12));
  });
});
