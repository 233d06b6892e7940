import { createHash } from 'node:crypto';
import type { GuestPart } from '../../guest/guest-part.ts';
import type { RunnerRelease } from '../../guest/parts.ts';
import { OWNER_KEYS } from '../../model/owner.ts';

/** All that an image's content follows from, secrets not included. */
export interface Inputs {
  readonly arch: string;
  /** Of the base image. */
  readonly baseSha256: string;
  readonly runner: RunnerRelease;
  readonly parts: readonly GuestPart[];
  /** The external script's text; empty without one. */
  readonly script: string;
}

/**
 * The properties that tell what an image was made of: the same inputs give the same digest, so that whoever reads it
 * knows whether a new build would differ. Where the runner was downloaded from does not count.
 */
export function encodeInputs(inputs: Inputs): Readonly<Record<string, string>> {
  const { arch, baseSha256, runner, parts, script } = inputs;
  const content = parts.map(({ name, script: program, check }) => [
    name,
    program.replaceAll(runner.url, ''),
    check,
  ]);
  const told = JSON.stringify([arch, baseSha256, runner.version, runner.sha256, content, script]);
  return {
    [OWNER_KEYS.runnerVersion]: runner.version,
    [OWNER_KEYS.inputsSha256]: createHash('sha256').update(told).digest('hex'),
  };
}
