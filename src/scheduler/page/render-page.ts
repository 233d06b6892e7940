import { createHash } from 'node:crypto';
import { findSilence } from '../../model/unit/built.ts';
import { type Html, NOTHING, markup } from './html.ts';
import type { PageFacts } from './page-facts.ts';
import { PAGE_STYLE } from './page-style.ts';
import { failuresSection } from './sections/failures-section.ts';
import { historySection } from './sections/history-section.ts';
import { imagesSection } from './sections/images-section.ts';
import { jobsSection } from './sections/jobs-section.ts';
import { nextSection } from './sections/next-section.ts';
import { runningSection } from './sections/running-section.ts';
import { treeSection } from './sections/tree-section.ts';
import { named, takeFirst, timeTag } from './words.ts';

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE.text).digest('base64');

/** Forbids everything but the page's own style sheet: scripts, requests, forms, and links that change its base. */
const META_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/** The policy of the header, where frames can be forbidden too. */
export const PAGE_POLICY = `${META_POLICY}; frame-ancestors 'none'`;

const MAX_NOTICES = 20;

/** The sections in the order of the page. */
const SECTIONS: readonly ((facts: PageFacts) => Html)[] = [
  ...[imagesSection, failuresSection, runningSection, nextSection],
  ...[treeSection, historySection, jobsSection],
];

/** Renders the status page: one HTML document that contains no script and refers to nothing. */
export function renderPage(facts: PageFacts): string {
  const { unit, version, now, desired } = facts;
  const application = desired?.application ?? unit.slice(0, unit.lastIndexOf('/'));
  return markup`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${META_POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Images of ${unit}</title>
        <style>${PAGE_STYLE}</style>
      </head>
      <body>
        <header>
          <h1>Images of ${unit}</h1>
          <p>
            Version ${version} · ${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} UTC · reload
            the page for the current state
          </p>
        </header>
        <main>
          ${renderSummary(facts)}${renderNotices(facts)}${SECTIONS.map((render) => render(facts))}
        </main>
        <footer>
          More: <code>juju run ${unit} show-build id=ID</code> ·
          <code>juju run ${application}/leader plan</code> · <code>juju debug-log --include ${unit}</code>
        </footer>
      </body>
    </html> `.text;
}

function renderSummary({ desired, built, running, now }: PageFacts): Html {
  const published = desired?.published ?? [];
  const served = published.filter(({ imageIds }) => imageIds.length > 0).length;
  const failures =
    (built?.failures.length ?? 0) +
    (built?.clouds.filter(({ failure }) => failure !== undefined).length ?? 0);
  return markup`<dl class="facts">
<div><dt>Consumers with images</dt><dd>${served} <small>of ${published.length}</small></dd></div>
<div><dt>Running jobs</dt><dd>${running.length}</dd></div>
<div><dt>Failures</dt><dd${failures === 0 ? NOTHING : markup` class="bad"`}>${failures}</dd></div>
<div><dt>Next build (UTC)</dt><dd>${built?.nextBuildAt === undefined ? markup`<small>not known</small>` : markup`<small>${timeTag(built.nextBuildAt, now)}</small>`}</dd></div>
</dl>
`;
}

/** Renders what concerns the whole unit, the most important first. */
function renderNotices(facts: PageFacts): Html {
  const { shown, more } = takeFirst(listNotices(facts), MAX_NOTICES);
  if (shown.length === 0) return NOTHING;
  return markup`<section class="notice" aria-label="Notices">
    <ul>
      ${shown.map((notice) => markup`<li>${notice}</li>`)}
    </ul>
    ${more}
  </section> `;
}

function listNotices(facts: PageFacts): readonly string[] {
  const { desired, built, problems, now } = facts;
  const silentMinutes = built && findSilence(built, now);
  const isBehind =
    desired !== undefined && built !== undefined && built.desiredGeneration < desired.generation;
  return [
    ...(built === undefined ? ['The scheduler has not reported yet.'] : []),
    ...(silentMinutes === undefined ? [] : [`The scheduler has not reported for ${silentMinutes} minutes.`]),
    ...(built?.idleReason === undefined ? [] : [`Nothing is done: ${named(built.idleReason, facts)}`]),
    ...(desired?.role === 'observes' ? ['This unit only observes: the leader builds.'] : []),
    ...(desired?.steering.isPaused === true ? ['Everything is paused.'] : []),
    ...(isBehind ? ['The scheduler has not planned with the last change yet.'] : []),
    ...problems,
  ];
}
