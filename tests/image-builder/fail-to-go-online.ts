import type { Context } from '../../src/image-builder/context.ts';
import { Secret } from '../../src/model/secret.ts';
import { GithubClient } from '../../src/runner/github/github-client.ts';
import { waitUntilOnline } from '../../src/runner/register-runner.ts';
import { type CloudFixture, failureOf } from '../support/cloud-fixture.ts';

/** Waits for a runner that stays offline, and returns the error. */
export function failToGoOnline(at: CloudFixture, tools: Context): Promise<Error> {
  at.http.on('GET /orgs/octo-org/actions/runners', {
    body: { total_count: 1, runners: [{ id: 1, name: 'app-0-1', status: 'offline', busy: false }] },
  });
  const run = () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
  const config = { name: 'app-0-1', githubPath: { org: 'octo-org', group: '' } };
  const github = new GithubClient({
    ...{ http: tools.downloads, apiUrl: at.http.origin, clock: at.clock, apiTimeoutMs: 1e9 },
    auth: { method: 'token', token: new Secret('t') },
    onSecret: () => undefined,
  });
  const guest = { session: { run, close: () => undefined } };
  return failureOf(waitUntilOnline(guest, config, { ...tools, github }));
}
