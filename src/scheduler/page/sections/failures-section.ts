import type { CloudReport, JobFailure } from '../../../model/unit/built.ts';
import { buildCloudOf } from '../../../model/unit/desired-state.ts';
import { type Html, markup } from '../html.ts';
import type { PageFacts } from '../page-facts.ts';
import { named, section, subjectName, table, takeFirst, timeTag } from '../words.ts';

const MAX_ROWS = 60;

/** Renders the failures that still matter, each with its cause and its next attempt. */
export function failuresSection(facts: PageFacts): Html {
  const { clouds = [], failures = [] } = facts.built ?? {};
  const rows = [
    ...clouds.flatMap((report) =>
      report.failure === undefined ? [] : [describeCloud(report.failure, report, facts)],
    ),
    ...failures.map((failure) => describeFailure(failure, facts)),
  ];
  const { shown, more } = takeFirst(rows, MAX_ROWS);
  if (shown.length === 0)
    return section('failures', 'Failures', markup`<p class="muted">Nothing has failed.</p>`);
  const caption = 'The last failures that no success followed';
  const heads = ['What', 'Where', 'Cause', 'Failed (UTC)', 'Attempts', 'Next attempt (UTC)'];
  return section('failures', 'Failures', [table(caption, heads, shown), more]);
}

function describeCloud(
  { kind, message }: NonNullable<CloudReport['failure']>,
  { cloudId }: CloudReport,
  facts: PageFacts,
): Html {
  return markup`<tr>
    <th scope="row">query</th>
    <td>${placeName(cloudId, facts)}</td>
    <td><span class="flag bad">${kind}</span> ${named(message, facts)}</td>
    <td></td>
    <td></td>
    <td><span class="muted">at the next reconcile</span></td>
  </tr> `;
}

function describeFailure(failure: JobFailure, facts: PageFacts): Html {
  const { kind, subject, cloudId, errorKind, message, failedAt, attempts, nextAttemptAt } = failure;
  return markup`<tr>
    <th scope="row">${kind} ${subjectName(subject, facts)}</th>
    <td>${placeName(cloudId, facts)}</td>
    <td><span class="flag bad">${errorKind}</span> ${named(message, facts)}</td>
    <td>${timeTag(failedAt, facts.now)}</td>
    <td class="number">${attempts}</td>
    <td>${timeTag(nextAttemptAt, facts.now)}</td>
  </tr> `;
}

function placeName(cloudId: string, { consumerNames, desired }: PageFacts): string {
  const isBuildCloud = cloudId === '' || (desired !== undefined && cloudId === buildCloudOf(desired));
  return isBuildCloud ? 'build cloud' : (consumerNames.get(cloudId) ?? cloudId);
}
