import { afterEach, describe, expect, test } from '@jest/globals';
import { githubOptions, listLeft, useRunners } from './use-runners.ts';

const at = useRunners();
const NOBODY = '11111111-2222-4333-8444-555555555555';
/** Set by a test whose failure leaves something on purpose. */
let isLeftAllowed = false;

afterEach(() => {
  isLeftAllowed = false;
});

/** Launches a runner, and returns the error after checking that nothing is left on either side. */
async function failToLaunch(
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { code, json, err } = await at.launch(more, { env });
  const error = json['error'] as Readonly<Record<string, unknown>>;
  if (!isLeftAllowed) expect(listLeft(at)).toEqual([]);
  expect(err.match(/^ERROR/gm)).toHaveLength(1);
  return { code, ...error };
}

describe('a launch with wrong input', () => {
  test('A wrong token is refused before anything is created in the cloud', async () => {
    const error = await failToLaunch([], { IMAGE_BUILDER_GITHUB_TOKEN: 'wrong' });
    expect(error).toMatchObject({ code: 3, kind: 'denied', type: 'GithubError' });
    expect(error['message']).toContain('401: Bad credentials; set IMAGE_BUILDER_GITHUB_TOKEN');
    expect(at.emulator.inventory().a.serversEver).toEqual([]);
  });

  test('A token without the permission is refused before anything is created in the cloud', async () => {
    at.github.state.tokens.set('weak', 'none');
    const error = await failToLaunch([], { IMAGE_BUILDER_GITHUB_TOKEN: 'weak' });
    expect(error).toMatchObject({ code: 3 });
    expect(error['message']).toContain('"Self-hosted runners: write"');
    expect(at.emulator.inventory().a.serversEver).toEqual([]);
  });

  test('A token that is not set is one problem that names the variable', async () => {
    const error = await failToLaunch([], { IMAGE_BUILDER_GITHUB_TOKEN: '' });
    expect(error).toMatchObject({ code: 2 });
    expect(error['message']).toMatch(/^IMAGE_BUILDER_GITHUB_TOKEN: expected a token of GitHub/);
  });

  test('An organisation without the group is refused, with the groups that it has', async () => {
    const error = await failToLaunch(['--github-group', 'nope']);
    expect(error).toMatchObject({ code: 2, kind: 'input' });
    expect(error['message']).toContain(
      '--github-group: expected a runner group of octo-org (Default, trial)',
    );
  });

  test.each([
    ['an image that does not exist by name', ['--image', 'nope'], '--image: expected the name or id'],
    ['an image that does not exist by id', ['--image', NOBODY], '--image: expected the name or id'],
    ['a flavor that does not exist', ['--flavor', 'nope'], '--flavor: expected one of'],
    ['a network that does not exist', ['--network', 'nope'], '--network: expected one of'],
    [
      'a group of a repository',
      ['--github-path', 'a/b', '--github-group', 'g'],
      '--github-group: expected no',
    ],
    ['a path with three parts', ['--github-path', 'a/b/c'], '--github-path: expected OWNER/REPOSITORY'],
    [
      'an image file that does not exist',
      ['--image', '', '--image-file', '/nope'],
      '/nope: expected a readable',
    ],
  ])('%s is one message, and nothing is left', async (_what, options, message) => {
    const error = await failToLaunch(options);
    expect(error).toMatchObject({ code: 2, kind: 'input' });
    expect(error['message']).toContain(message);
  });

  test('A name that is taken between the check and the registration leaves the other runner alone', async () => {
    isLeftAllowed = true;
    at.github.disturb('POST /orgs/octo-org/actions/runners/generate-jitconfig', 'name taken');
    const error = await failToLaunch();
    expect(error).toMatchObject({ code: 3, type: 'InstanceLaunchError' });
    expect(error['message']).toContain('a runner of this name exists');
    expect(at.github.org.runners).toMatchObject([{ labels: [{ name: 'other' }] }]);
    expect(listLeft(at)).toHaveLength(1);
  });
});

describe('a launch that fails on the way', () => {
  test('A project without quota is one message, and nothing is left', async () => {
    at.emulator.cloud('a').faults.add({
      at: 'POST /compute/v2.1/servers',
      fault: {
        status: 403,
        body: {
          forbidden: { code: 403, message: 'Quota exceeded for instances: Requested 1, but already used 10' },
        },
      },
    });
    const error = await failToLaunch();
    expect(error).toMatchObject({ code: 3, step: 'create server', type: 'InstanceLaunchError' });
    expect(error['message']).toContain('Quota exceeded for instances');
  });

  test('A server that Nova cannot start leaves nothing', async () => {
    at.emulator.cloud('a').failNextServer('No valid host was found.');
    const error = await failToLaunch();
    expect(error).toMatchObject({ code: 5, step: 'wait for server', type: 'InstanceLaunchError' });
  });

  test('An image without a runner leaves nothing, and the message says what is missing', async () => {
    at.runner = 'missing';
    const error = await failToLaunch();
    expect(error).toMatchObject({ code: 5, step: 'register and start runner', type: 'InstanceLaunchError' });
    expect(error['message']).toContain('the image has no runner: run.sh is missing');
  });

  test('A runner that ends before it is online leaves nothing, and the message has its last lines', async () => {
    at.runner = 'ends';
    const error = await failToLaunch();
    expect(error).toMatchObject({ code: 5, step: 'wait for runner' });
    expect(error['message']).toContain('An error occurred: Not configured.');
  });

  test('A runner that does not come online in time leaves nothing, and the message names the option', async () => {
    at.runner = 'silent';
    const error = await failToLaunch(['--online-timeout', '20']);
    expect(error).toMatchObject({ code: 4, kind: 'unavailable', step: 'wait for runner' });
    expect(error['message']).toMatch(/waited 20 s for runner app-0-\S+ to be online .*--online-timeout sets/);
  });

  test('A registration whose answer is lost is removed by its name', async () => {
    at.github.disturb('POST /orgs/octo-org/actions/runners/generate-jitconfig', 'lost answer');
    const error = await failToLaunch();
    expect(error).toMatchObject({ code: 4, kind: 'unavailable', step: 'register and start runner' });
    expect(at.github.requests.filter((call) => call.startsWith('DELETE'))).toHaveLength(1);
  });

  test('A GitHub that fails while the launch is undone is reported as a leftover with the name', async () => {
    isLeftAllowed = true;
    at.runner = 'ends';
    at.github.disturb('DELETE /orgs', { status: 403, body: { message: 'Resource not accessible' } });
    const error = await failToLaunch();
    expect(error['leftovers']).toEqual([expect.stringMatching(/^check runner name: remove runner app-0-/)]);
    expect(listLeft(at)).toEqual([expect.stringMatching(/^runner app-0-/)]);
  });

  test('A launch that is stopped while it waits leaves nothing', async () => {
    at.runner = 'silent';
    const stop = new AbortController();
    const running = at.launch([], { signal: stop.signal });
    while (at.starts.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect((await running).code).toBe(143);
    expect(listLeft(at)).toEqual([]);
  });
});

describe('a runner for a GitHub that cannot be reached', () => {
  test('A launch ends with 4, and the message names the server', async () => {
    const url = ['--github-api-url', 'http://127.0.0.1:1/api/v3'];
    const { code, json } = await at.launch([...githubOptions(at), ...url]);
    expect(code).toBe(4);
    expect(JSON.stringify(json['error'])).toContain('http://127.0.0.1:1');
    expect(listLeft(at)).toEqual([]);
  });
});
