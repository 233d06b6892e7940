import type { JobStep } from '../../../model/job/progress-lines.ts';
import { describeDuration } from '../../../model/text/quantities.ts';
import { type Html, NOTHING, markup } from '../html.ts';
import type { PageFacts, PageJob } from '../page-facts.ts';
import { named, section, subjectName, table, takeFirst } from '../words.ts';

const MAX_JOBS = 16;
const MAX_STEPS = 25;
/** There are many steps: their texts are shorter than others. */
const MAX_TEXT = 160;

/** Renders the running jobs with their steps. */
export function runningSection(facts: PageFacts): Html {
  const { shown, more } = takeFirst(facts.running, MAX_JOBS);
  if (shown.length === 0)
    return section('running', 'Running', markup`<p class="muted">Nothing runs now.</p>`);
  return section('running', 'Running', [...shown.map((job) => describeJob(job, facts)), more]);
}

function describeJob(past: PageJob, facts: PageFacts): Html {
  const { kind, subject, reason, startedAt, buildId } = past.job;
  const title = `${kind} ${subjectName(subject, facts)}`;
  const steps = past.steps.slice(-MAX_STEPS);
  const rows = steps.map((step) => describeStep(step, startedAt, facts));
  const caption = `The steps of ${title}`;
  return markup`<article>
    <h3>
      ${title}
      <span class="clock">${describeDuration(facts.now - startedAt)}</span
      >${past.isCancelled ? markup` <span class="flag warn">being cancelled</span>` : NOTHING}
    </h3>
    <p class="muted">${named(reason, facts)} · <code>${buildId}</code></p>
    ${rows.length === 0 ? markup`<p class="muted">No step has started yet.</p>` : table(caption, ['Step', 'Time', 'From start to now'], rows)}
  </article> `;
}

function describeStep(step: JobStep, jobStartedAt: number, facts: PageFacts): Html {
  const { state, text } = step;
  const elapsed = durationOf(step, facts.now);
  const shown = elapsed === undefined ? '' : describeDuration(elapsed);
  const note =
    text === ''
      ? NOTHING
      : markup` <span class="${state === 'failed' ? 'bad' : 'muted'}">${named(text, facts, MAX_TEXT)}</span>`;
  return markup`<tr class="${state}">
    <td>${named(step.step, facts, MAX_TEXT)}${note}</td>
    <td class="number">${shown}</td>
    <td>${drawSpan(step, jobStartedAt, facts.now)}</td>
  </tr> `;
}

function durationOf({ seconds, startedAt }: JobStep, now: number): number | undefined {
  if (seconds !== undefined) return seconds * 1000;
  return startedAt === undefined ? undefined : now - startedAt;
}

/** Draws when a step ran, on a line from the start of the job to now. */
function drawSpan(step: JobStep, jobStartedAt: number, now: number): Html {
  const whole = Math.max(1, now - jobStartedAt);
  const start = step.startedAt ?? jobStartedAt;
  const length = durationOf(step, now) ?? 0;
  const percent = (value: number): string => Math.min(100, Math.max(0, (100 * value) / whole)).toFixed(1);
  const width = Math.max(0.8, Number(percent(length)));
  return markup`<svg class="span" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect
      class="${step.state}"
      x="${Math.min(99.2, Number(percent(start - jobStartedAt)))}"
      y="1"
      width="${width}"
      height="6"
    />
  </svg>`;
}
