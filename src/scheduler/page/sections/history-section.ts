import { describeBytes, describeDuration } from '../../../model/text/quantities.ts';
import type { EndedBuild } from '../../journal/journal.ts';
import { type Html, NOTHING, markup } from '../html.ts';
import type { PageFacts } from '../page-facts.ts';
import { type Bar, MAX_BARS, drawPlot } from '../plot.ts';
import { section, subjectName, takeFirst } from '../words.ts';

const MAX_IMAGES = 24;

/** Renders plots of the durations and sizes of the last builds of each image. */
export function historySection(facts: PageFacts): Html {
  const images = [...(facts.desired?.images.keys() ?? [])].flatMap((name) => {
    const builds = facts.history.filter(({ imageName }) => imageName === name).slice(-MAX_BARS);
    return builds.length === 0 ? [] : [{ name, builds }];
  });
  const { shown, more } = takeFirst(images, MAX_IMAGES);
  if (shown.length === 0)
    return section('history', 'History', markup`<p class="muted">No build has ended yet.</p>`);
  const figures = shown.map(({ name, builds }) => drawImage(subjectName(name, facts), builds));
  const legend = markup`<p class="muted">
    One bar for each build, the newest at the right: <span class="key duration"></span> duration,
    <span class="key size"></span> image size, <span class="key failed"></span> no image.
  </p>`;
  return section('history', 'History', [legend, markup`<div class="figures">${figures}</div>`, more]);
}

function drawImage(name: string, builds: readonly EndedBuild[]): Html {
  const [first, last] = [builds[0], builds.at(-1)];
  const sizes = builds.filter(({ bytes }) => bytes !== undefined);
  return markup`<figure>
    <figcaption>${name} <span class="muted">${dayOf(first)} to ${dayOf(last)}</span></figcaption>
    ${drawDurations(name, builds)}${sizes.length === 0 ? NOTHING : drawSizes(name, builds)}
  </figure> `;
}

function drawDurations(name: string, builds: readonly EndedBuild[]): Html {
  const longest = describeDuration(1000 * Math.max(...builds.map(({ seconds }) => seconds)));
  const newest = describeDuration(1000 * (builds.at(-1)?.seconds ?? 0));
  const bars = builds.map(({ seconds, hasImage, at }): Bar => {
    const title = `${minuteOf(at)}: ${describeDuration(seconds * 1000)}${hasImage ? '' : ', no image'}`;
    return { value: seconds, title, isFailed: !hasImage };
  });
  const title = `Durations of the last ${builds.length} builds of ${name}: at most ${longest}, the newest ${newest}`;
  return drawPlot({ title, top: `newest ${newest}, longest ${longest}`, style: 'duration', bars });
}

function drawSizes(name: string, builds: readonly EndedBuild[]): Html {
  const largest = describeBytes(Math.max(...builds.map(({ bytes }) => bytes ?? 0)));
  const newest = describeBytes(builds.findLast(({ bytes }) => bytes !== undefined)?.bytes ?? 0);
  const bars = builds.map(({ bytes = 0, hasImage, at }): Bar => {
    const title = `${minuteOf(at)}: ${hasImage ? describeBytes(bytes) : 'no image'}`;
    return { value: bytes, title, isFailed: !hasImage };
  });
  const title = `Sizes of the images of the last ${builds.length} builds of ${name}: at most ${largest}, the newest ${newest}`;
  return drawPlot({ title, top: `newest ${newest}, largest ${largest}`, style: 'size', bars });
}

function dayOf(build: EndedBuild | undefined): string {
  return minuteOf(build?.at ?? 0).slice(0, 10);
}

function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
