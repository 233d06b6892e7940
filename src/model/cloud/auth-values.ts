import type { CloudLogin, Reference } from './cloud-login.ts';
import { isGiven } from './cloud-settings.ts';
import { type Decoded, type Decoder, fields, text } from '../decode.ts';
import { secretOf } from '../secret.ts';

/** Decodes a non-empty string of limited length. */
export function textUpTo(maximum: number): Decoder<string> {
  return (value, at, problems) => {
    if (typeof value === 'number') {
      problems.push(`${at}: expected text, got a number; put it in quotes`);
      return undefined;
    }
    const read = text(value, at, problems);
    if (read === undefined || read.length <= maximum) return read;
    problems.push(`${at}: expected at most ${maximum} characters, got ${read.length}`);
    return undefined;
  };
}

/** Decodes a value that may be absent, null or empty; the result is then undefined. */
export function unlessEmpty<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value, at, problems) => (isGiven(value) ? decoder(value, at, problems) : undefined);
}

/** The decoders of the texts in a login. */
export interface AuthTexts {
  readonly url: Decoder<string>;
  /** Names and ids. */
  readonly name: Decoder<string>;
  readonly secret: Decoder<string>;
}

/** The limits for a login that a person wrote. Keystone allows 255 characters in a user's name, and fewer elsewhere. */
export const LIMITED_TEXTS = { name: textUpTo(255), secret: textUpTo(16 * 1024) };

/** Returns a decoder of all values that a login may need. */
export function authFields({ url, name: anyName, secret: anySecret }: AuthTexts) {
  const name = unlessEmpty(anyName);
  const secret = unlessEmpty(secretOf(anySecret));
  return fields({
    auth_url: url,
    ...{ user_id: name, username: name, user_domain_id: name, user_domain_name: name },
    ...{ project_id: name, project_name: name, project_domain_id: name, project_domain_name: name },
    ...{ domain_id: name, domain_name: name, default_domain_id: name, default_domain_name: name },
    ...{ default_domain: name, application_credential_id: name, application_credential_name: name },
    ...{ application_credential_secret: secret, password: secret, token: secret },
  });
}

export type AuthValues = Decoded<ReturnType<typeof authFields>>;
export type AuthKey = keyof AuthValues;

/** The kinds of logins, by the names of their plugins in keystoneauth. */
export type AuthMethod = 'password' | 'token' | 'v3applicationcredential';

type Auth = CloudLogin['auth'];
/** Reports all of `names` as missing unless one of them has a value or a problem. */
type Require = (isThere: boolean, names: readonly AuthKey[]) => void;

/** Returns the login of kind `method`. Adds a problem for each value that it lacks. */
export function loginBy(
  method: AuthMethod,
  values: AuthValues,
  at: string,
  problems: string[],
): Auth | undefined {
  const required: Require = (isThere, names) => {
    const isReported = names.some((key) =>
      problems.some((problem) => problem.startsWith(`${at}.auth.${key}:`)),
    );
    if (!isThere && !isReported) problems.push(`${at}.auth: expected ${names.join(' or ')}, got nothing`);
  };
  if (method === 'password') return passwordLogin(values, required);
  return method === 'token' ? tokenLogin(values, required) : credentialLogin(values, required);
}

function reference(id: string | undefined, named: string | undefined): Reference | undefined {
  if (id !== undefined) return { id };
  return named === undefined ? undefined : { name: named };
}

/** Returns the domain for users or projects. keystoneauth prefers ids to names, even the id of a default to a name. */
function domainOf(values: AuthValues, kind: 'user' | 'project'): Reference | undefined {
  const domain = reference(
    values[`${kind}_domain_id`] ?? values.domain_id ?? values.default_domain_id,
    values[`${kind}_domain_name`] ?? values.domain_name ?? values.default_domain_name,
  );
  return domain ?? reference(values.default_domain, undefined);
}

function userOf(values: AuthValues, required: Require) {
  const user = reference(values.user_id, values.username);
  const userDomain = domainOf(values, 'user');
  required(user !== undefined, ['username', 'user_id']);
  required(values.user_id !== undefined || userDomain !== undefined, ['user_domain_name', 'user_domain_id']);
  return { user, userDomain };
}

function projectOf(values: AuthValues, required: Require) {
  const project = reference(values.project_id, values.project_name);
  const projectDomain = domainOf(values, 'project');
  required(project !== undefined, ['project_name', 'project_id']);
  required(values.project_id !== undefined || projectDomain !== undefined, [
    'project_domain_name',
    'project_domain_id',
  ]);
  return { project, projectDomain };
}

function passwordLogin(values: AuthValues, required: Require): Auth | undefined {
  const { password } = values;
  const { user, userDomain } = userOf(values, required);
  const { project, projectDomain } = projectOf(values, required);
  required(password !== undefined, ['password']);
  if (user === undefined || project === undefined || password === undefined) return undefined;
  return { method: 'password', user, userDomain, password, project, projectDomain };
}

function tokenLogin(values: AuthValues, required: Require): Auth | undefined {
  const { project, projectDomain } = projectOf(values, required);
  required(values.token !== undefined, ['token']);
  if (project === undefined || values.token === undefined) return undefined;
  return { method: 'token', secret: values.token, project, projectDomain };
}

function credentialLogin(values: AuthValues, required: Require): Auth | undefined {
  const { application_credential_id: id, application_credential_name: named } = values;
  const { application_credential_secret: given } = values;
  required(id !== undefined || named !== undefined, [
    'application_credential_id',
    'application_credential_name',
  ]);
  required(given !== undefined, ['application_credential_secret']);
  if (id !== undefined) return given && { method: 'application_credential', id, secret: given };
  if (named === undefined) return undefined;
  const { user, userDomain } = userOf(values, required);
  if (user === undefined || given === undefined) return undefined;
  return { method: 'named_application_credential', name: named, user, userDomain, secret: given };
}
