import { stopService } from '../builder/service.ts';
import type { Host } from '../builder/tools.ts';
import type { HookTools } from '../juju/hook-tools.ts';
import { readTextFile } from '../system/files.ts';
import { WITHDRAWN } from './image-databag.ts';
import { relationName } from './observe.ts';
import type { ObservedModel } from './observed.ts';

/** What a unit that stands by still needs. */
export interface StandingBy {
  readonly host: Host;
  readonly tools: HookTools;
}

/**
 * What a unit does that is not its application's leader: nothing, so that no image is built twice and none is pruned
 * that another unit publishes. Builds of a former leader run to their end. What it told consumers it takes back: the
 * leader tells them, and its prunes know nothing of us.
 */
export async function standBy(
  { application, relations }: ObservedModel,
  { host, tools }: StandingBy,
): Promise<void> {
  if ((await readTextFile(host.paths.serviceFile)) !== undefined) await stopService(host);
  for (const { id, databag } of relations) {
    const standing = Object.keys(WITHDRAWN).filter((key) => (databag[key] ?? '') !== '');
    if (standing.length === 0) continue;
    await tools.relationSet(relationName(id), Object.fromEntries(standing.map((key) => [key, ''])));
  }
  const message = `stands by: ${application}/leader builds and publishes the images`;
  await tools.statusSet({ name: 'waiting', message });
}
