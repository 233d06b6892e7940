import type { CloudAccess } from './cloud-access.ts';
import { findRegion } from './catalog.ts';
import type { Token } from './identity.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';

/**
 * Returns a key that identifies a project. Two keys are equal if and only if the root URL of Keystone, the project id
 * and the region are the same. Different spellings of the same URL give the same key. An entry without a region has the only region
 * of its catalogue. The region comes last because only a region may contain spaces.
 */
export function projectKeyOf(
  access: Pick<CloudAccess, 'authUrl' | 'region' | 'interface'>,
  { projectId, catalog }: Pick<Token, 'projectId' | 'catalog'>,
): string {
  const { protocol, host, pathname } = new URL(access.authUrl); // URL lowercases the host and drops a default port
  const root = `${protocol}//${host}${withoutTrailing('/', pathname)}`;
  const region = access.region ?? findRegion(catalog, { service: 'image', interface: access.interface });
  return `${root} ${projectId}${region === undefined ? '' : ` ${region}`}`;
}
