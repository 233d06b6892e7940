import { flavorRoutes } from './nova-flavors.ts';
import { keypairRoutes } from './nova-keypairs.ts';
import { serverRoutes } from './nova-servers.ts';
import type { Route } from './route.ts';

/** The routes of Nova. */
export const novaRoutes: readonly Route[] = [...flavorRoutes, ...keypairRoutes, ...serverRoutes];
