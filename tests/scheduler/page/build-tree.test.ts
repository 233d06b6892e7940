import { describe, expect, test } from '@jest/globals';
import type { SkippedWork } from '../../../src/model/unit/built.ts';
import { type BuildNode, buildTree } from '../../../src/scheduler/page/build-tree.ts';
import type { PageFacts } from '../../../src/scheduler/page/page-facts.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { desiredState } from '../desired-fixtures.ts';
import { BUILT, done, pageFacts, pastJob } from './page-fixture.ts';

const LAYER = 'app-noble-x64.layer';
const LAYER_2 = 'app-noble-x64-mk8s-1.32-strict-stable.layer';
const NOBLE = 'app-noble-x64';

const desired = desiredState({ images: { microk8sChannels: ['', '1.32-strict/stable'] } });
const layer = (word: string, ago: number) =>
  pastJob({ kind: 'layer', subject: LAYER, buildId: word }, ago, 1000, done('layer', uuidOf(word)));
const build = (layerWord: string | undefined, ago: number, subject = NOBLE) => {
  const layerId = layerWord === undefined ? undefined : uuidOf(layerWord);
  return pastJob({ subject, buildId: `${subject}-${ago}`, layerId }, ago, 1000, done('build', uuidOf('i')));
};
const treeOf = (ended: PageFacts['ended'], skipped: readonly SkippedWork[] = []): readonly BuildNode[] =>
  buildTree(pageFacts({ desired, running: [], ended, built: { ...BUILT, skipped } }));
const waits = (subject: string, layer: string): SkippedWork => ({ subject, reason: 'waits', layer });

/** Renders a tree as `layer[image, image]`. */
function show(nodes: readonly BuildNode[]): string {
  return nodes
    .map(({ subject, past, below }) => {
      const name = past === undefined ? `${subject}?` : subject;
      return below.length === 0 ? name : `${name}[${show(below)}]`;
    })
    .join(', ');
}

describe('the tree of builds', () => {
  test('A tree without layers is empty', () => {
    expect(treeOf([build(undefined, 10)])).toEqual([]);
  });

  test('A build is below the layer that it started from, even when a newer layer exists', () => {
    const [old, young] = [layer('old', 50), layer('young', 5)];
    expect(show(treeOf([young, build('old', 40), old]))).toBe(`${LAYER}[${NOBLE}], ${LAYER}`);
    expect(treeOf([young, build('old', 40), old])[0]?.past?.job.buildId).toBe('old');
  });

  test('A build of a layer whose files are gone is at the top', () => {
    expect(show(treeOf([layer('young', 5), build('gone', 40)]))).toBe(`${LAYER}, ${NOBLE}`);
  });

  test('What waits for a layer is below it, and a layer that is not made yet is at the top', () => {
    expect(show(treeOf([layer('young', 5)], [waits(NOBLE, LAYER)]))).toBe(`${LAYER}[${NOBLE}?]`);
    expect(show(treeOf([], [waits(LAYER_2, LAYER), waits(NOBLE, LAYER_2)]))).toBe(
      `${LAYER}?[${LAYER_2}?[${NOBLE}?]]`,
    );
  });

  test('Layers that name each other as their origin do not make an endless tree', () => {
    expect(treeOf([], [waits(LAYER, LAYER_2), waits(LAYER_2, LAYER)])).toEqual([]);
  });
});
