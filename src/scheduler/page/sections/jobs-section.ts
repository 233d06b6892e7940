import { type PastJob, nameOutcome } from '../../../builder/jobs/past-jobs.ts';
import type { JobOutcome } from '../../../builder/tools.ts';
import type { JobKind } from '../../../model/job/job-kind.ts';
import { describeBytes, describeDuration } from '../../../model/text/quantities.ts';
import { type Html, NOTHING, markup } from '../html.ts';
import type { PageFacts } from '../page-facts.ts';
import { named, section, subjectName, table, takeFirst, timeTag } from '../words.ts';

const MAX_ROWS = 20;
const SHOWN: readonly JobKind[] = ['prepare', 'layer', 'build', 'copy', 'trial'];

/** Renders the newest ended jobs whose files the unit still has. */
export function jobsSection(facts: PageFacts): Html {
  const jobs = facts.ended.filter(({ job }) => SHOWN.includes(job.kind));
  const { shown } = takeFirst(jobs, MAX_ROWS);
  if (shown.length === 0)
    return section('jobs', 'Recent jobs', markup`<p class="muted">No job has ended yet.</p>`);
  const heads = ['Job', 'Started (UTC)', 'Took', 'Outcome', 'Image', 'Reason', 'Id'];
  const rows = shown.map((past) => describeJob(past, facts));
  return section('jobs', 'Recent jobs', table('The newest ended jobs', heads, rows));
}

function describeJob({ job, end }: PastJob, facts: PageFacts): Html {
  if (end === undefined) return NOTHING;
  const { outcome, at } = end;
  const error =
    outcome.state === 'failed' ? markup` <small>${named(outcome.message, facts)}</small>` : NOTHING;
  const bytes = outcome.result?.imageBytes;
  return markup`<tr>
    <th scope="row">${job.kind} ${subjectName(job.subject, facts)}</th>
    <td>${timeTag(job.startedAt, facts.now)}</td>
    <td class="number">${describeDuration(at - job.startedAt)}</td>
    <td>
      <span class="flag ${styleOf(outcome)}">${nameOutcome(outcome)}</span>${error}
    </td>
    <td class="number">${bytes === undefined ? '' : describeBytes(bytes)}</td>
    <td>${named(job.reason, facts)}</td>
    <td><code>${job.buildId}</code></td>
  </tr> `;
}

function styleOf(outcome: JobOutcome): string {
  if (outcome.state === 'done') return 'ok';
  return outcome.cancelledBy === undefined ? 'bad' : '';
}
