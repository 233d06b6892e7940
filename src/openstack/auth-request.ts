import type { CloudLogin, PasswordAuth, Reference } from '../model/cloud-login.ts';

/** Returns the body of Keystone's `POST /v3/auth/tokens`. It contains the secret and must not be printed. */
export function encodeAuthRequest({ auth }: Pick<CloudLogin, 'auth'>): string {
  return JSON.stringify({
    auth:
      auth.method === 'password'
        ? passwordRequest(auth)
        : {
            identity: {
              methods: ['application_credential'],
              application_credential: { id: auth.id, secret: auth.secret.reveal() },
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
