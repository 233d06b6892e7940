import { prune, pruneUnpublished } from '../../image-builder/cleanup/prune.ts';
import type { Clouds, Recorder, RunSettings } from '../../image-builder/context.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import type { PrunedImage } from '../../model/result/program-result-common.ts';
import { type PruneAnswer, encodePruneResult } from '../../model/program-result.ts';
import type { Cloud } from '../../openstack/cloud.ts';
import type { Outcome } from './outcome.ts';

type Owners = Pick<RunSettings, 'owner' | 'ownerFilter'>;
type PruneCommand = OrderOf<'prune'>;

/** The changed marks, if marking was requested, and the outcome of each revision. */
interface Pruned {
  readonly marks: Omit<PruneAnswer, 'cloud' | 'imageName' | 'images'>;
  readonly text: string;
  readonly images: readonly PrunedImage[];
}

/** Prunes one image in one cloud. A revision that cannot be deleted is a warning, not a failure. */
export async function executePrune(
  request: PruneCommand,
  cloudName: string,
  context: Clouds & Owners & Pick<RunSettings, 'signal'> & Pick<Recorder, 'warn'>,
): Promise<Outcome> {
  const connection = await context.connect(cloudName);
  const { marks, text, images } = await markAndPrune(connection.withSignal(context.signal), request, context);
  for (const { id, outcome, reason } of images) {
    if (outcome === 'failed') context.warn(`revision ${id} was not pruned: ${reason}`);
  }
  const { imageName } = request;
  return {
    encode: (log) => encodePruneResult({ cloud: cloudName, imageName, ...marks, images }, log),
    text: `${text}${images.map(renderLine).join('')}`,
  };
}

async function markAndPrune(
  cloud: Cloud,
  request: PruneCommand,
  { owner, ownerFilter }: Owners,
): Promise<Pruned> {
  const { publishedIds, isDryRun } = request;
  if (publishedIds === undefined) {
    const images = await prune(cloud, { ...request, owner: ownerFilter });
    return { marks: {}, text: '', images };
  }
  const { marked, unmarked, images } = await pruneUnpublished(cloud, {
    ...request,
    publishedIds,
    owner,
  });
  const verbs = isDryRun ? ['would be marked', 'would be unmarked'] : ['marked', 'unmarked'];
  const renderMarks = (ids: readonly string[], verb = ''): string =>
    ids.map((id) => `${id} ${verb} as published\n`).join('');
  return {
    marks: isDryRun ? { wouldBeMarked: marked, wouldBeUnmarked: unmarked } : { marked, unmarked },
    text: `${renderMarks(marked, verbs[0])}${renderMarks(unmarked, verbs[1])}`,
    images,
  };
}

function renderLine({ id, createdAt, outcome, reason }: PrunedImage): string {
  return `${id} ${createdAt} ${outcome}: ${reason}\n`;
}
