import type { Secret } from '../secret.ts';

/** A domain, project or user in Keystone, given by its name. */
interface Named {
  readonly name: string;
}

/** A domain, project or user in Keystone, given by its id or its name. */
export type Reference = { readonly id: string } | Named;

/** The login of a user to a project with a password. */
export interface PasswordAuth {
  readonly method: 'password';
  readonly user: Reference;
  /** The user's domain; not needed when the user is given by id. */
  readonly userDomain: Reference | undefined;
  readonly password: Secret;
  readonly project: Reference;
  readonly projectDomain: Reference | undefined;
}

/** The login with an application credential, which determines user and project. */
export interface ApplicationCredentialAuth {
  readonly method: 'application_credential';
  readonly id: string;
  readonly secret: Secret;
}

/** The login with an application credential given by its name, which is unique only for its user. */
interface NamedCredentialAuth {
  readonly method: 'named_application_credential';
  readonly name: string;
  readonly user: Reference;
  readonly userDomain: Reference | undefined;
  readonly secret: Secret;
}

/** The login with a token, which Keystone exchanges for a token of the project. */
interface TokenAuth {
  readonly method: 'token';
  readonly secret: Secret;
  readonly project: Reference;
  readonly projectDomain: Reference | undefined;
}

/**
 * The addresses that a cloud may have although they belong to this machine, to its link or to a metadata service. All
 * other addresses are allowed anyway.
 */
export interface AllowedAddresses {
  /** Networks in CIDR notation. */
  readonly cidrs: readonly string[];
  /** The hosts whose addresses are allowed. */
  readonly hosts: readonly string[];
}

/** The login to one project of one cloud. */
export interface CloudLogin {
  /** The URL of Keystone, not normalised. */
  readonly authUrl: string;
  readonly auth: PasswordAuth | ApplicationCredentialAuth | NamedCredentialAuth | TokenAuth;
  /** Undefined when the cloud has only one region. */
  readonly region: string | undefined;
  /** Set for a cloud that a consumer names; undefined when all addresses are allowed. */
  readonly allowedAddresses?: AllowedAddresses | undefined;
}

/** A password login in which user, project and domains are given by their names. */
export interface NamedLogin extends CloudLogin {
  readonly auth: PasswordAuth & {
    readonly user: Named;
    readonly userDomain: Named;
    readonly project: Named;
    readonly projectDomain: Named;
  };
}

/** Returns a login by names; an empty region means that none is given. */
export function loginByName(given: {
  readonly authUrl: string;
  readonly password: Secret;
  readonly projectDomainName: string;
  readonly projectName: string;
  readonly userDomainName: string;
  readonly userName: string;
  readonly region: string;
}): NamedLogin {
  const auth = {
    method: 'password',
    user: { name: given.userName },
    userDomain: { name: given.userDomainName },
    password: given.password,
    project: { name: given.projectName },
    projectDomain: { name: given.projectDomainName },
  } as const;
  return { authUrl: given.authUrl, auth, region: given.region === '' ? undefined : given.region };
}
