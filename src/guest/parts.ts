import { hostname } from './hostname.ts';
import { localBin } from './local-bin.ts';
import type { GuestPart } from './part.ts';
import { runner, type RunnerRelease } from './runner.ts';
import { sysctl } from './sysctl.ts';
import { users } from './users.ts';

export type { RunnerRelease } from './runner.ts';

/** Lists the parts of an image in install order. `runner` follows `users`, which creates the owner of its files. */
export function listGuestParts(content: { readonly runner: RunnerRelease }): readonly GuestPart[] {
  return [hostname, sysctl, localBin, users, runner(content.runner)];
}
