import { withConsumerNames } from '../../model/unit/consumer-names.ts';
import { shortName } from '../../model/image/names.ts';
import { describeDuration } from '../../model/text/quantities.ts';
import { type Html, NOTHING, markup } from './html.ts';
import type { PageFacts } from './page-facts.ts';

/** Longer texts are cut before their words are replaced. */
const MAX_TEXT = 2000;

/** Returns a text of the scheduler with the names that the operator knows. */
export function named(
  text: string,
  { consumerNames }: Pick<PageFacts, 'consumerNames'>,
  maximum = MAX_TEXT,
): string {
  return withConsumerNames(text.slice(0, maximum), consumerNames);
}

/** Returns the subject of a job or an entry of the plan without the application's prefix, with consumers named. */
export function subjectName(subject: string, facts: Pick<PageFacts, 'consumerNames' | 'desired'>): string {
  return shortName(named(subject, facts), facts.desired?.application ?? '');
}

/** Renders a time of ISO 8601 or in epoch milliseconds with its distance: `14:00 UTC, in 2 h 5 min`. */
export function timeTag(time: string | number | undefined, now: number): Html {
  const at = typeof time === 'string' ? Date.parse(time) : (time ?? Number.NaN);
  if (Number.isNaN(at) || Math.abs(at) > MAX_TIME) return markup`<span class="muted">unknown</span>`;
  const iso = new Date(at).toISOString();
  const distance = at > now ? `in ${describeDuration(at - now)}` : `${describeDuration(now - at)} ago`;
  const day = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? '' : `${iso.slice(5, 10)} `;
  return markup`<time datetime="${iso}">${day}${iso.slice(11, 16)}</time>
    <span class="muted">${distance}</span>`;
}

/** The largest time that a date can have. */
const MAX_TIME = 8.64e15;

/** Returns the first `maximum` entries, and the number of the others as a paragraph: `and 3 more images`. */
export function takeFirst<T>(
  entries: readonly T[],
  maximum: number,
  what = '',
): { readonly shown: readonly T[]; readonly more: Html } {
  const left = entries.length - maximum;
  return {
    shown: entries.slice(0, maximum),
    more: left > 0 ? markup`<p class="muted">and ${left} more ${what}</p>` : NOTHING,
  };
}

/** Renders a section with its heading. */
export function section(id: string, title: string, content: Html | readonly Html[]): Html {
  return markup`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section> `;
}

/** Renders a table that scrolls sideways in a narrow window. */
export function table(caption: string, heads: readonly string[], rows: readonly Html[]): Html {
  return markup`<div class="wide" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads.map((head) => markup`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div> `;
}
