import { beforeEach, describe, expect, test } from '@jest/globals';
import { distribute } from '../../../src/image-builder/distribute/distribute.ts';
import { Secret } from '../../../src/model/secret.ts';
import { TOKENS, tokenAnswer } from '../../support/http-cloud.ts';
import { PASSWORD, connectTo } from '../../support/http-connect.ts';
import { useTestTools } from '../make-test-tools.ts';
import { useScriptedClouds } from '../scripted-clouds.ts';

const at = useScriptedClouds();
const makeTools = useTestTools(at);
const MEMBERS = '/v2/images/*/members';
const OWN = {
  size: 3,
  visibility: 'private',
  os_hash_algo: 'sha512',
  os_hash_value: 'a',
} as const;

/** Makes the cloud `other` another project of the source cloud. */
beforeEach(() => {
  const { origin } = at.source.http;
  const own = tokenAnswer(origin) as { body: { token: object } };
  const other = { ...own, body: { token: { ...own.body.token, project: { id: 'project-2' } } } };
  at.source.http.on(TOKENS, ({ json }) => (JSON.stringify(json).includes('"other"') ? other : own));
  const auth = {
    method: 'password',
    user: { name: 'other' },
    userDomain: { name: 'Default' },
    password: new Secret(PASSWORD),
    project: { name: 'p2' },
    projectDomain: { name: 'Default' },
  } as const;
  at.aliases.set('other', () =>
    connectTo(origin, { clock: at.clock, access: { name: 'other', auth }, apiTimeoutMs: 1e7 }),
  );
  at.source.data.set('i1', Buffer.from('abc'));
  at.source.glance.add({ id: 'i1', ...OWN });
  at.source.http.on(`POST ${MEMBERS}`, { body: {} });
  at.source.http.on(`PUT ${MEMBERS}/*`, { body: {} });
  at.source.http.on(`DELETE ${MEMBERS}/*`, { status: 204 });
});

const share = async () => {
  const made = makeTools({ connect: at.connect });
  const request = { cloudName: 'source', imageId: 'i1', destinations: ['other'], within: 'share' } as const;
  return (await distribute(request, made.tools)).results;
};
const deletions = () => at.source.http.requests(`DELETE ${MEMBERS}/*`);

describe('sharing an image within a cloud', () => {
  test('An image is shared with another project of its cloud without a transfer of data', async () => {
    expect(await share()).toMatchObject([{ cloud: 'other', outcome: 'shared', imageId: 'i1' }]);
    expect(at.source.glance.images.get('i1')).toMatchObject({ visibility: 'shared' });
    expect(at.source.http.requests(`POST ${MEMBERS}`)[0]?.json).toEqual({ member: 'project-2' });
    expect(at.source.http.requests(`PUT ${MEMBERS}/*`)[0]?.url.pathname).toMatch(/\/members\/project-2$/);
    expect(at.source.http.requests('PUT /v2/images/*/file')).toEqual([]);
  });

  test('A share that the project cannot accept is withdrawn', async () => {
    at.source.http.on(`PUT ${MEMBERS}/*`, { status: 403 });
    expect(await share()).toMatchObject([{ outcome: 'failed', kind: 'denied' }]);
    expect(deletions()).toHaveLength(1);
  });

  test('An image stays shared with a project that had it before a failed attempt', async () => {
    at.source.http.on(`POST ${MEMBERS}`, { status: 409, body: 'exists' });
    at.source.http.on(`PUT ${MEMBERS}/*`, { status: 403 });
    expect(await share()).toMatchObject([{ outcome: 'failed' }]);
    expect(deletions()).toEqual([]);
  });
});
