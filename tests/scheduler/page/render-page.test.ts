import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Built } from '../../../src/model/unit/built.ts';
import { nameConsumers } from '../../../src/model/unit/consumer-names.ts';
import type { PageFacts } from '../../../src/scheduler/page/page-facts.ts';
import { PAGE_POLICY, renderPage } from '../../../src/scheduler/page/render-page.ts';
import { desiredState } from '../desired-fixtures.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { BUILT, HISTORY, NOW, cloudReport, failed, ongoing, pageFacts, pastJob } from './page-fixture.ts';

/** Returns the text of one section without its markup. */
function textOf(facts: PageFacts, id: string): string {
  const page = renderPage(facts);
  const start = page.indexOf(`<section aria-labelledby="${id}"`);
  if (start === -1) return '';
  return plain(page.slice(start, page.indexOf('</section>', start)));
}

function plain(html: string): string {
  return html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

const withBuilt = (changes: Partial<Built>): PageFacts => pageFacts({ built: { ...BUILT, ...changes } });

describe('the sections of the status page', () => {
  test('The images are shown by consumer with age, revision, size and what is published, pinned and paused', () => {
    const text = textOf(pageFacts(), 'images');
    expect(text).toContain('Image build cloud large-runners arm-runners (paused)');
    expect(text).toContain('noble-x64 pinned 3 h 0 min a1b2c3d4e5f6 2.4 GiB · runner 2.331.0');
    expect(text).toContain('3 h 0 min a1b2c3d4e5f6 published 2.4 GiB · runner 2.331.0');
    expect(text).toContain('9 h 0 min 0f9e8d7c6b5a published pinned no answer');
    expect(text).toContain('jammy-x64 paused none yet none yet none yet no answer');
  });

  test('An image that is offered and not published yet is shown as such', () => {
    const { desired } = pageFacts();
    if (desired === undefined) throw new Error('expected a desired state');
    const text = textOf(pageFacts({ desired: { ...desired, published: [] } }), 'images');
    expect(text).toContain('a1b2c3d4e5f6 not published yet');
    expect(text).not.toContain(' published 2.4');
  });

  test('A cloud that was never queried shows nothing as missing', () => {
    expect(textOf(withBuilt({ clouds: [] }), 'images')).toContain(
      'not known yet not known yet not known yet',
    );
  });

  test('A running build is shown with its steps and the elapsed time of each', () => {
    const text = textOf(pageFacts(), 'running');
    expect(text).toContain('build noble-x64 4 min 0 s interval elapsed: built 6 h ago · c0ffee000001');
    expect(text).toContain('create server 42 s');
    expect(text).toContain('install parts docker, apt 3 min 0 s');
  });

  test('A failure is shown with its place by the name of the consumer, its cause and its next attempt', () => {
    const text = textOf(pageFacts(), 'failures');
    expect(text).toContain('query arm-runners unavailable GET /v2/images answered 503');
    expect(text).toContain('copy noble-x64 arm-runners unavailable PUT /v2/images/x/file answered 503');
    expect(text).toContain('14:10 20 min 0 s ago 3 14:45 in 15 min 0 s');
    expect(renderPage(pageFacts())).not.toContain('blue-4e5f6a7b');
  });

  test('The next actions are shown with their reasons, those with a time first', () => {
    expect(textOf(pageFacts(), 'next')).toMatch(
      /noble-x64 to arm-runners 14:45 in 15 min 0 s failed 3 times: arm-runners answered 503 noble-x64 17:30 in 3 h 0 min fresh until \S+ jammy-x64 after an event paused by the operator/,
    );
  });

  test('A build is shown below the layer that it started from', () => {
    expect(textOf(pageFacts(), 'tree')).toContain(
      'layer noble-x64.layer succeeded, in 6 min 0 s, 14:25 5 min 0 s ago noble-x64 runs for 4 min 0 s jammy-x64 failed, from the base image, in 1 min 0 s',
    );
  });

  test('The history has a bar for each build, a summary in words and the build without an image', () => {
    const page = renderPage(pageFacts());
    expect(page).toContain(
      '<title>Durations of the last 24 builds of noble-x64: at most 9 min 29 s, the newest 8 min 41 s</title>',
    );
    expect(page).toContain('<title>Sizes of the images of the last 24 builds of noble-x64: at most 2.4 GiB');
    expect(page.match(/<rect\s+class="duration"/g)).toHaveLength(23);
    expect(page.match(/<rect\s+class="failed"/g)).toHaveLength(2);
    expect(textOf(pageFacts(), 'history')).toContain('2026-11-24 08:30: 8 min 15 s, no image');
  });

  test('The newest jobs are shown with outcome, error, duration and size', () => {
    const text = textOf(pageFacts(), 'jobs');
    expect(text).toContain('build noble-x64 11:22 3 h 8 min ago 8 min 0 s succeeded 2.4 GiB');
    expect(text).toMatch(/build jammy-x64 09:29 5 h 1 min ago 1 min 0 s failed +no valid host/);
  });
});

describe('a unit without facts', () => {
  const empty = pageFacts({
    ...{ desired: undefined, built: undefined, running: [], ended: [], history: [] },
    problems: ['/var/lib/app-0/desired.json: the file does not exist'],
  });

  test('The page of a unit that has just been installed says what is missing', () => {
    const text = plain(renderPage(empty));
    expect(text).toContain(
      'The scheduler has not reported yet. /var/lib/app-0/desired.json: the file does not exist',
    );
    expect(text).toContain('Nothing runs now.');
    expect(text).toContain('Nothing has failed.');
  });

  test('A scheduler that is silent, does nothing or has not seen the last change says so first', () => {
    const heartbeatAt = new Date(NOW - 30 * 60_000).toISOString();
    const text = plain(
      renderPage(withBuilt({ heartbeatAt, idleReason: 'no credentials', desiredGeneration: 0 })),
    );
    expect(text).toContain('The scheduler has not reported for 30 minutes. Nothing is done: no credentials');
    expect(text).toContain('The scheduler has not planned with the last change yet.');
  });
});

describe('the security of the status page', () => {
  test('The page has no script, no handler and refers to nothing', () => {
    const page = renderPage(pageFacts());
    expect(page).not.toMatch(
      /<script|<iframe|<object|<embed|<form|<base|<link|<a\b|\son\w+=|\ssrc=|href=|url\(|@import/i,
    );
    expect(page).not.toMatch(/\sstyle="/); // the policy forbids it
  });

  test('The policy permits the one style sheet of the page and nothing else', () => {
    const page = renderPage(pageFacts());
    const style = page.slice(page.indexOf('<style>') + '<style>'.length, page.indexOf('</style>'));
    const hash = createHash('sha256').update(style).digest('base64');
    const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
    expect(PAGE_POLICY).toBe(`${policy}; frame-ancestors 'none'`);
    expect(page.replaceAll('&#39;', "'")).toContain(
      `http-equiv="Content-Security-Policy" content="${policy}"`,
    );
  });

  test('Hostile text in every position of the facts stays text', () => {
    const attack = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;`;
    const hostile = replaceTexts(pageFacts({ problems: ['problem'] }), attack);
    const page = renderPage(hostile);
    expect(page).not.toMatch(/<script|<img/i);
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(40);
    const tags = new Set([...page.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    const usual = new Set([...renderPage(pageFacts()).matchAll(/<\/?([a-z0-9]+)/gi)].map(([, tag]) => tag));
    expect([...tags].filter((tag) => !usual.has(tag))).toEqual([]);
  });
});

/** Adds `attack` to every text of the facts that can be foreign: names, reasons, steps, messages, ids and versions. */
function replaceTexts(facts: PageFacts, attack: string): PageFacts {
  const kept = [
    'kind',
    'act',
    'state',
    'job',
    'createdAt',
    'failedAt',
    'nextAttemptAt',
    'until',
    'heartbeatAt',
  ];
  const replace = (value: unknown, key: string): unknown => {
    if (typeof value === 'string')
      return kept.includes(key) || key.endsWith('At') ? value : `${value}${attack}`;
    if (Array.isArray(value)) return value.map((each) => replace(each, key));
    if (value instanceof Map)
      return new Map([...value].map(([name, each]) => [replace(name, 'name'), replace(each, 'name')]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replace(each, name)]));
  };
  return replace(facts, '') as PageFacts;
}

describe('the size of the status page', () => {
  test('A page of very many and very long facts stays below one mebibyte', () => {
    const long = 'x'.repeat(100_000);
    const consumers = Array.from({ length: 300 }, (_, index) => ({
      ...{ relationId: index, unit: `consumer-${index}/0`, cloudId: `cloud-${index}` },
    }));
    const channels = Array.from({ length: 12 }, (_, index) => `3.${index}/stable`);
    const desired = desiredState({
      consumers,
      images: {
        bases: ['noble', 'jammy', 'focal'],
        jujuChannels: ['', ...channels],
        microk8sChannels: ['', ...channels],
      },
    });
    const failure = { kind: 'unavailable', type: '', message: long } as const;
    const names = [...desired.images.keys()];
    const clouds = ['builder', ...consumers.map(({ cloudId }) => cloudId)].map((cloudId) => {
      const image = cloudReport(cloudId, [[cloudId, 'a1b2c3d4e5f6', 1]]).images[0];
      const images = [...desired.images.values()].flatMap(({ image: { base, juju, microk8s } }) =>
        image === undefined ? [] : [{ ...image, base, juju, microk8s, imageId: uuidOf(cloudId) }],
      );
      return cloudReport(cloudId, [], { failure, images });
    });
    const facts = pageFacts({
      ...{
        desired,
        consumerNames: nameConsumers(consumers),
        problems: Array.from({ length: 500 }, () => long),
      },
      running: Array.from({ length: 50 }, (_, index) => ({
        ...{ job: ongoing({ buildId: `${index}`, reason: long }), isCancelled: true, end: undefined },
        steps: Array.from({ length: 500 }, (_, step) => ({
          ...{ step: `${step} ${long}`, state: 'failed' as const, startedAt: NOW, seconds: 1, text: long },
        })),
      })),
      ended: names.map((subject) =>
        pastJob({ subject, reason: long, layerId: uuidOf('layer') }, 1000, 1000, failed(long)),
      ),
      history: names.flatMap((imageName) => HISTORY.map((ended) => ({ ...ended, imageName }))),
      built: {
        ...BUILT,
        ...{ clouds, idleReason: long },
        failures: names.map((subject) => ({
          ...{ kind: 'build', subject, cloudId: '', errorKind: 'build', message: long, attempts: 1 },
          ...{ failedAt: '', nextAttemptAt: '' },
        })),
        skipped: names.map((subject) => ({ subject, reason: long, layer: 'app-noble-x64.layer' })),
      },
    });
    const page = renderPage(facts);
    expect(page.length).toBeLessThan(1024 ** 2);
    expect(plain(page)).toContain('and 284 more consumers');
  });
});
