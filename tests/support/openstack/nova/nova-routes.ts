import { flavorRoutes } from './flavor-routes.ts';
import { keypairRoutes } from './keypair-routes.ts';
import { serverRoutes } from './server-routes.ts';
import type { Route } from '../server/route.ts';

/** The routes of Nova. */
export const novaRoutes: readonly Route[] = [...flavorRoutes, ...keypairRoutes, ...serverRoutes];
