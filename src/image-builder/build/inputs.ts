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
  /** A list that `parseImageProperties` returned; empty: none. */
  readonly imageProperties: string;
}

/** Returns a digest of the content of a layer: another base image or other parts give another one. */
export function digestLayer({
  arch,
  baseSha256,
  parts,
}: Pick<Inputs, 'arch' | 'baseSha256' | 'parts'>): string {
  return sha256Of(JSON.stringify(['layer', arch, baseSha256, describeParts(parts)]));
}

/** Returns the image properties by which builds recognise a layer. */
export function encodeLayerInputs(
  inputs: Pick<Inputs, 'arch' | 'baseSha256' | 'parts'>,
): Readonly<Record<string, string>> {
  return { [OWNER_KEYS.baseSha256]: inputs.baseSha256, [OWNER_KEYS.inputsSha256]: digestLayer(inputs) };
}

/**
 * Returns the image properties that identify the inputs. The same inputs have the same digest, so a comparison shows
 * whether a new build would differ. The environment of a part does not count: it has where to download from, not what.
 */
export function encodeInputs(inputs: Inputs): Readonly<Record<string, string>> {
  const { arch, baseSha256, runner, parts, script, imageProperties } = inputs;
  const content = describeParts(parts);
  const properties = imageProperties === '' ? [] : [imageProperties]; // without them, earlier digests stay valid
  const encoded = JSON.stringify([
    ...[arch, baseSha256, runner.version, runner.sha256, content, script],
    ...properties,
  ]);
  return {
    [OWNER_KEYS.runnerVersion]: runner.version,
    ...(runner.releasedAt === undefined ? {} : { [OWNER_KEYS.runnerReleasedAt]: runner.releasedAt }),
    [OWNER_KEYS.inputsSha256]: sha256Of(encoded),
  };
}

function describeParts(parts: readonly GuestPart[]): readonly (readonly string[])[] {
  return parts.map(({ name, script, check }) => [name, script, check]);
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
