import { hostname } from './hostname.ts';
import { localBin } from './local-bin.ts';
import type { GuestPart } from './part.ts';
import { runner, type RunnerRelease } from './runner.ts';
import { sysctl } from './sysctl.ts';
import { users } from './users.ts';

export type { RunnerRelease } from './runner.ts';

/** What an image contains, in the order in which it comes in: the runner's files belong to the user made before. */
export function listGuestParts(content: { readonly runner: RunnerRelease }): readonly GuestPart[] {
  return [hostname, sysctl, localBin, users, runner(content.runner)];
}
