import type { SkippedWork } from '../../../model/unit/built.ts';
import { type Html, markup } from '../html.ts';
import type { PageFacts } from '../page-facts.ts';
import { named, section, subjectName, table, takeFirst, timeTag } from '../words.ts';

const MAX_ROWS = 100;

/** Renders what the last plan does later, when and why: what the action `plan` says. */
export function nextSection(facts: PageFacts): Html {
  const { shown, more } = takeFirst([...(facts.built?.skipped ?? [])].sort(byTime), MAX_ROWS);
  if (shown.length === 0) return section('next', 'Next', markup`<p class="muted">Nothing is planned.</p>`);
  const rows = shown.map(
    (work) =>
      markup`<tr>
        <th scope="row">${subjectName(work.subject, facts)}</th>
        <td>${describeWhen(work, facts)}</td>
        <td>${named(work.reason, facts)}</td>
      </tr> `,
  );
  const caption = 'What is done later: when at the earliest, and why not now';
  return section('next', 'Next', [table(caption, ['What', 'When (UTC)', 'Why'], rows), more]);
}

function describeWhen({ until }: SkippedWork, { now }: PageFacts): Html {
  return until === undefined ? markup`<span class="muted">after an event</span>` : timeTag(until, now);
}

function byTime(one: SkippedWork, other: SkippedWork): number {
  return timeOf(one) - timeOf(other);
}

function timeOf({ until }: SkippedWork): number {
  return until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until);
}
