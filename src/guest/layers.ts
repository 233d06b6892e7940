import type { GuestPart } from './guest-part.ts';

/** The parts that no layer has: GitHub releases the runner at any time, and few images share a Juju channel. */
const LEAF_PARTS: readonly string[] = ['runner', 'juju'];

/** The part that only the upper layer has. */
const UPPER_PART = 'microk8s';

/** The parts whose effect ends with the server, although they have no clean-up. */
const PARTS_OF_A_BOOT: readonly string[] = ['hostname'];

/**
 * Returns the parts of each layer that an image with these parts can start from, the smallest layer first. The last one
 * is the layer with as many of these parts as a layer may have.
 */
export function listLayerStages(
  parts: readonly GuestPart[],
): readonly [readonly GuestPart[], ...(readonly GuestPart[])[]] {
  const shared = parts.filter(({ name }) => !LEAF_PARTS.includes(name));
  const lower = shared.filter(({ name }) => name !== UPPER_PART);
  return lower.length === shared.length ? [lower] : [lower, shared];
}

/**
 * Returns the parts to install on a server that was started from a layer. Those whose clean-up ran in the layer are
 * among them: the clean-up took back what others need during a build, such as package lists and the proxy. They find
 * what they install, because installing a part twice is the same as installing it once.
 */
export function listRemainingParts(
  parts: readonly GuestPart[],
  layer: readonly GuestPart[],
): readonly GuestPart[] {
  const done = new Set(
    layer.flatMap(({ name, cleanUp }) =>
      cleanUp === undefined && !PARTS_OF_A_BOOT.includes(name) ? [name] : [],
    ),
  );
  return parts.filter(({ name }) => !done.has(name));
}
