import { expect, test } from '@jest/globals';
import { Secret } from '../../src/model/secret.ts';
import { GithubClient } from '../../src/runner/github/github-client.ts';
import { openHttp } from '../../src/system/http/http.ts';
import { startGithub } from '../support/github/emulator.ts';
import { SkippingClock } from '../support/skipping-clock.ts';
import { TEST_TRUST } from '../support/test-trust.ts';

test('A runner group on the second page is found', async () => {
  const clock = new SkippingClock();
  const github = await startGithub(() => clock.now());
  const http = openHttp({ trust: TEST_TRUST, stallTimeoutMs: 60_000 });
  try {
    const groups = Array.from({ length: 150 }, (_, id) => ({ id, name: `g${id}`, default: false }));
    github.org.groups.push(...groups);
    const auth = { method: 'token', token: new Secret(github.token) } as const;
    const { apiUrl } = github;
    const settings = { http, apiUrl, clock, apiTimeoutMs: 60_000, auth, onSecret: () => undefined };
    const client = new GithubClient(settings);
    await expect(client.getGroupId({ org: 'octo-org', group: 'g149' })).resolves.toBe(149);
  } finally {
    await http.close();
    await github.close();
  }
});
