import type { CloudAccess, PasswordAuth, Reference } from './cloud-access.ts';

/** The body of Keystone's `POST /v3/auth/tokens` for this access. It holds the secret: send it, print it nowhere. */
export function encodeAuthRequest(access: CloudAccess): string {
  return JSON.stringify({
    auth:
      access.auth.method === 'password'
        ? passwordRequest(access.auth)
        : {
            identity: {
              methods: ['application_credential'],
              application_credential: { id: access.auth.id, secret: access.auth.secret.reveal() },
            },
          },
  });
}

function passwordRequest(auth: PasswordAuth): unknown {
  const user = { ...inDomain(auth.user, auth.userDomain), password: auth.password.reveal() };
  return {
    identity: { methods: ['password'], password: { user } },
    scope: { project: inDomain(auth.project, auth.projectDomain) },
  };
}

function inDomain(reference: Reference, domain: Reference | undefined): object {
  return 'id' in reference || domain === undefined ? reference : { ...reference, domain };
}
