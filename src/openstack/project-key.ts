import type { CloudAccess } from './cloud-access.ts';

/**
 * Names the project that a token of `access` is for: equal exactly if Keystone's root (however its URL is spelt),
 * project id and region are. The region comes last: it alone may hold spaces.
 */
export function projectKeyOf(access: Pick<CloudAccess, 'authUrl' | 'region'>, projectId: string): string {
  const { protocol, host, pathname } = new URL(access.authUrl); // host in small letters, without a default port
  const root = `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
  return `${root} ${projectId}${access.region === undefined ? '' : ` ${access.region}`}`;
}
