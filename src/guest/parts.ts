import { hostnamePart } from './parts/hostname.ts';
import { localBinPart } from './parts/local-bin.ts';
import type { GuestPart } from './guest-part.ts';
import { runnerPart, type RunnerRelease } from './parts/runner.ts';
import { sysctlPart } from './parts/sysctl.ts';
import { usersPart } from './parts/users.ts';

export type { RunnerRelease } from './parts/runner.ts';

/** Lists the parts of an image in install order. `runner` follows `users`, which creates the owner of its files. */
export function listGuestParts(content: { readonly runner: RunnerRelease }): readonly GuestPart[] {
  return [hostnamePart, sysctlPart, localBinPart, usersPart, runnerPart(content.runner)];
}
