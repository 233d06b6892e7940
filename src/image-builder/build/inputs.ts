import { createHash } from 'node:crypto';
import type { GuestPart } from '../../guest/guest-part.ts';
import type { RunnerRelease } from '../../guest/parts.ts';
import { OWNER_KEYS } from '../../model/owner.ts';

/** The inputs that determine an image's content, without secrets. */
export interface Inputs {
  readonly arch: string;
  /** The checksum of the base image. */
  readonly baseSha256: string;
  readonly runner: RunnerRelease;
  readonly parts: readonly GuestPart[];
  /** The text of the external script; empty without a script. */
  readonly script: string;
}

/**
 * Returns the image properties that identify the inputs. The same inputs have the same digest, so a comparison shows
 * whether a new build would differ. The URL of the runner's download does not count.
 */
export function encodeInputs(inputs: Inputs): Readonly<Record<string, string>> {
  const { arch, baseSha256, runner, parts, script } = inputs;
  const content = parts.map(({ name, script: program, check }) => [
    name,
    program.replaceAll(runner.url, ''),
    check,
  ]);
  const encoded = JSON.stringify([arch, baseSha256, runner.version, runner.sha256, content, script]);
  return {
    [OWNER_KEYS.runnerVersion]: runner.version,
    [OWNER_KEYS.inputsSha256]: createHash('sha256').update(encoded).digest('hex'),
  };
}
