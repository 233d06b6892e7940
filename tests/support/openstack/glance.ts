import { dataRoutes } from './glance-data.ts';
import { imageRoutes } from './glance-images.ts';
import { memberRoutes } from './glance-members.ts';
import type { Route } from './route.ts';

/** The routes of Glance. */
export const glanceRoutes: readonly Route[] = [...imageRoutes, ...dataRoutes, ...memberRoutes];
