import type { CloudLogin, Reference } from '../../model/cloud/cloud-login.ts';

type Auth = CloudLogin['auth'];

/** Returns the body of Keystone's `POST /v3/auth/tokens`. It contains the secret and must not be printed. */
export function encodeAuthRequest({ auth }: Pick<CloudLogin, 'auth'>): string {
  const scope = 'project' in auth ? { scope: { project: inDomain(auth.project, auth.projectDomain) } } : {};
  return JSON.stringify({ auth: { identity: identityOf(auth), ...scope } });
}

function identityOf(auth: Auth): object {
  switch (auth.method) {
    case 'password': {
      const user = { ...inDomain(auth.user, auth.userDomain), password: auth.password.reveal() };
      return { methods: ['password'], password: { user } };
    }
    case 'token':
      return { methods: ['token'], token: { id: auth.secret.reveal() } };
    case 'application_credential': {
      const credential = { id: auth.id, secret: auth.secret.reveal() };
      return { methods: ['application_credential'], application_credential: credential };
    }
    case 'named_application_credential': {
      const user = inDomain(auth.user, auth.userDomain);
      const credential = { name: auth.name, user, secret: auth.secret.reveal() };
      return { methods: ['application_credential'], application_credential: credential };
    }
  }
}

function inDomain(reference: Reference, domain: Reference | undefined): object {
  return 'id' in reference || domain === undefined ? reference : { ...reference, domain };
}
