import { expect } from '@jest/globals';
import { UnauthorizedError } from '../../../src/model/cloud/cloud-errors.ts';
import { InputError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { getEndpoint } from '../../../src/openstack/login/catalog.ts';
import type { PasswordAuth } from '../../../src/model/cloud/cloud-login.ts';
import type { CloudAccess } from '../../../src/openstack/login/cloud-access.ts';
import { listImages } from '../../../src/openstack/images.ts';
import type { ContractCase, CaseContext } from '../contract.ts';
import { connectAs, expectError } from './expectations.ts';

const VERB = 'getToken';

/** Changes the login of the entry in clouds.yaml. */
const withAuth =
  (change: Partial<PasswordAuth>) =>
  (access: CloudAccess): CloudAccess =>
    access.auth.method === 'password' ? { ...access, auth: { ...access.auth, ...change } } : access;

async function expectDenied(
  context: CaseContext,
  change: (access: CloudAccess) => CloudAccess,
): Promise<void> {
  const connection = await context.connect('builder', change);
  const { message } = await expectError(connection.withSignal().identity.getToken(), UnauthorizedError);
  expect(message).toContain('answered 401: The request you have made requires authentication.');
}

/** The behaviour of Keystone that the product relies on. */
export const identityCases: readonly ContractCase[] = [
  {
    verb: VERB,
    outcome: 'a password login returns a token for the project with a catalogue, valid for at least an hour',
    run: async (context) => {
      const { identity } = await connectAs(context, 'builder');
      const { expiresAt, projectId, catalog } = await identity.getToken();
      expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(3_600_000);
      expect(projectId).toMatch(/^[0-9a-f]{32}$/);
      for (const service of ['compute', 'image', 'network'] as const) {
        const query = { cloud: 'builder', service, interface: 'public', region: 'lab-a' };
        expect(getEndpoint(catalog, query)).toMatch(/^https?:/);
      }
    },
  },
  {
    verb: VERB,
    outcome: 'a login with an application credential returns the same project',
    run: async (context) => {
      const ids = await Promise.all(
        (['builder', 'builder-appcred'] as const).map(async (user) =>
          (await connectAs(context, user)).projectId(),
        ),
      );
      expect(ids[0]).toBe(ids[1]);
    },
  },
  {
    verb: VERB,
    outcome: 'a login with the ids of user and project returns the same project',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const id = await cloud.projectId();
      const again = await context.connect('builder', withAuth({ project: { id }, projectDomain: undefined }));
      expect(await again.withSignal().projectId()).toBe(id);
    },
  },
  {
    verb: VERB,
    outcome: 'a login with the id of a domain returns the same project',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const domain = { id: 'default' };
      const again = await context.connect('builder', withAuth({ userDomain: domain, projectDomain: domain }));
      expect(await again.withSignal().projectId()).toBe(await cloud.projectId());
    },
  },
  {
    verb: VERB,
    outcome: 'a wrong password causes an UnauthorizedError',
    run: (context) => expectDenied(context, withAuth({ password: new Secret('wrong') })),
  },
  {
    verb: VERB,
    outcome: 'an unknown user causes an UnauthorizedError',
    run: (context) => expectDenied(context, withAuth({ user: { name: 'nobody' } })),
  },
  {
    verb: VERB,
    outcome: 'an unknown project causes an UnauthorizedError',
    run: (context) => expectDenied(context, withAuth({ project: { name: 'nothing' } })),
  },
  {
    verb: VERB,
    outcome: 'a project of other users causes an UnauthorizedError',
    run: (context) => expectDenied(context, withAuth({ project: { name: 'neighbour' } })),
  },
  {
    verb: VERB,
    outcome: 'an unknown domain causes an UnauthorizedError',
    run: (context) => expectDenied(context, withAuth({ userDomain: { name: 'Nothing' } })),
  },
  {
    verb: VERB,
    outcome: 'a wrong application credential secret causes an UnauthorizedError',
    run: async (context) => {
      const connection = await context.connect('builder-appcred', (access) =>
        access.auth.method === 'password'
          ? access
          : { ...access, auth: { ...access.auth, secret: new Secret('wrong') } },
      );
      await expectError(connection.withSignal().identity.getToken(), UnauthorizedError);
    },
  },
  {
    verb: 'getEndpoint',
    outcome: 'a service that the cloud does not offer causes an InputError',
    run: async (context) => {
      const { catalog } = await (await connectAs(context, 'consumer')).identity.getToken();
      const query = {
        cloud: 'consumer',
        service: 'compute',
        interface: 'public',
        region: undefined,
      } as const;
      expect(() => getEndpoint(catalog, query)).toThrow(InputError);
    },
  },
  {
    verb: 'getEndpoint',
    outcome: 'without a region, the only region is used',
    run: async (context) => {
      const { catalog } = await (await connectAs(context, 'neighbour')).identity.getToken();
      const query = { cloud: 'neighbour', service: 'image', interface: 'public', region: undefined } as const;
      expect(getEndpoint(catalog, query)).toMatch(/^https?:/);
    },
  },
  {
    verb: 'getEndpoint',
    outcome: 'an unknown region causes an InputError that names the known region',
    run: async (context) => {
      const { catalog } = await (await connectAs(context, 'builder')).identity.getToken();
      const query = { cloud: 'builder', service: 'image', interface: 'public', region: 'lab-z' } as const;
      expect(() => getEndpoint(catalog, query)).toThrow(/lab-a/);
    },
  },
  {
    verb: 'send',
    outcome: 'an expired token is replaced, and the request succeeds',
    run: async (context) => {
      const cloud = await connectAs(context, 'builder');
      const token = await cloud.identity.getToken();
      await context.revoke('builder', token);
      expect(await listImages(cloud, context.name('none'))).toEqual([]);
      expect((await cloud.identity.getToken()).id.reveal()).not.toBe(token.id.reveal());
    },
  },
];
