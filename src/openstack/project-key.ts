import type { CloudAccess } from './cloud-access.ts';

/**
 * Returns a key that identifies a project. Two keys are equal if and only if the root URL of Keystone, the project id
 * and the region are the same. Different spellings of the same URL give the same key. The region comes last because
 * only a region may contain spaces.
 */
export function projectKeyOf(access: Pick<CloudAccess, 'authUrl' | 'region'>, projectId: string): string {
  const { protocol, host, pathname } = new URL(access.authUrl); // URL lowercases the host and drops a default port
  const root = `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
  return `${root} ${projectId}${access.region === undefined ? '' : ` ${access.region}`}`;
}
