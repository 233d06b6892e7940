import { nameOutcome } from '../../../builder/jobs/past-jobs.ts';
import { isLayerName } from '../../../model/image/layers.ts';
import { describeDuration } from '../../../model/text/quantities.ts';
import { type BuildNode, buildTree } from '../build-tree.ts';
import { type Html, NOTHING, markup } from '../html.ts';
import type { PageFacts } from '../page-facts.ts';
import { section, subjectName, takeFirst, timeTag } from '../words.ts';

const MAX_NODES = 60;

/** Renders which builds started from which layers. There is no such section without layers. */
export function treeSection(facts: PageFacts): Html {
  const { shown, more } = takeFirst(buildTree(facts), MAX_NODES);
  if (shown.length === 0) return NOTHING;
  return section('tree', 'Builds and their layers', [renderNodes(shown, facts, 'tree'), more]);
}

function renderNodes(nodes: readonly BuildNode[], facts: PageFacts, style: string): Html {
  if (nodes.length === 0) return NOTHING;
  const items = nodes.map(
    (node) =>
      markup`<li>
        ${describeNode(node, facts)}${renderNodes(node.below.slice(0, MAX_NODES), facts, 'below')}
      </li> `,
  );
  return markup`<ul class="${style}">
    ${items}
  </ul>`;
}

function describeNode({ subject, past }: BuildNode, facts: PageFacts): Html {
  const kind = isLayerName(subject) ? markup`<span class="flag">layer</span> ` : NOTHING;
  const name = markup`${kind}<strong>${subjectName(subject, facts)}</strong>`;
  if (past === undefined) return markup`${name} <span class="muted">waits</span>`;
  const { job, end } = past;
  if (end === undefined) return markup`${name} runs for ${describeDuration(facts.now - job.startedAt)}`;
  const origin = job.kind === 'build' && job.layerId === undefined ? 'from the base image, ' : '';
  const duration = describeDuration(end.at - job.startedAt);
  return markup`${name} ${nameOutcome(end.outcome)}, ${origin}in ${duration}, ${timeTag(end.at, facts.now)}`;
}
