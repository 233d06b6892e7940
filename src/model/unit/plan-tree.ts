import type { Arch } from '../image/arch.ts';
import type { Base } from '../image/base.ts';
import type { DesiredImages } from './desired-images.ts';
import { listLayerNames } from '../image/layers.ts';

/** A base, a layer or an image of the plan. */
export interface TreeNode {
  /** The name of the image or layer, or the base, with or without its architecture. */
  readonly name: string;
  /** The line that shows it. */
  readonly text: string;
  /** The layer that it starts from or waits for; undefined for the base image. */
  readonly layer?: string | undefined;
}

/**
 * Renders the images of each base below the layers that they start from or wait for, one on each line. A layer without a
 * node of its own is there already. Images and bases without a node are left out.
 */
export function renderPlanTree(images: DesiredImages, nodes: readonly TreeNode[]): readonly string[] {
  const bases = [...new Set([...images.values()].map(({ image }) => image.base))];
  return bases.flatMap((base) => renderBase(base, images, nodes));
}

/** Returns the words for a base: `base noble/x64`. */
export function describeBase(base: Base, arch: Arch | ''): string {
  return `base ${base}/${arch}`;
}

/** Returns the names in the tree: those of bases, layers and images. */
export function listTreeNames(images: DesiredImages): ReadonlySet<string> {
  return new Set(
    [...images].flatMap(([name, { image }]) => [...baseNamesOf(image), name, ...listLayerNames(image)]),
  );
}

function renderBase(base: Base, images: DesiredImages, nodes: readonly TreeNode[]): readonly string[] {
  const own = new Map([...images].filter(([, { image }]) => image.base === base));
  const baseNames = [...own.values()].flatMap(({ image }) => baseNamesOf(image));
  const names = listTreeNames(own);
  const found = nodes.filter(({ name }) => names.has(name) && !baseNames.includes(name));
  const lines = renderBelow(undefined, addMade(found));
  const texts = nodes.filter(({ name }) => baseNames.includes(name)).map(({ text }) => text);
  if (lines.length + texts.length === 0) return [];
  return [texts[0] ?? baseNames[0] ?? '', ...lines.map((line) => `  ${line}`)];
}

function baseNamesOf({ base, arch }: { readonly base: Base; readonly arch: Arch }): readonly string[] {
  return [describeBase(base, arch), base];
}

/** Adds the layers that nodes start from and that are no nodes themselves. */
function addMade(nodes: readonly TreeNode[]): readonly TreeNode[] {
  const names = new Set(nodes.map(({ name }) => name));
  const layers = new Set(
    nodes.flatMap(({ layer }) => (layer === undefined || names.has(layer) ? [] : layer)),
  );
  return [...[...layers].map((name) => ({ name, text: `${name}: made` })), ...nodes];
}

function renderBelow(parent: string | undefined, nodes: readonly TreeNode[]): readonly string[] {
  const others = nodes.filter(({ layer }) => layer !== parent);
  return nodes
    .filter(({ layer }) => layer === parent)
    .flatMap(({ name, text }) => [text, ...renderBelow(name, others).map((line) => `  ${line}`)]);
}
