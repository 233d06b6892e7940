import { dataRoutes } from './data-routes.ts';
import { imageRoutes } from './image-routes.ts';
import { memberRoutes } from './member-routes.ts';
import type { Route } from '../server/route.ts';

/** The routes of Glance. */
export const glanceRoutes: readonly Route[] = [...imageRoutes, ...dataRoutes, ...memberRoutes];
