import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Built } from '../../src/model/unit/built.ts';
import { APPLICATION, type CharmFixture, openCharmFixture } from '../support/charm-fixture.ts';
import { fetchText } from '../support/fetch-text.ts';

/*
 * Runs the packed charm on the doubles of the demo until its status page has something of everything, and writes the
 * page that its daemon serves then: node --import ./tools/typescript.js tests/demo/page.ts FILE
 */

/** The timeout of each wait. */
const SECONDS = 300;
const ROUNDS = 4;

async function playPage(stage: CharmFixture): Promise<string> {
  const { agent, emulator } = stage;
  await stage.deploy();
  await stage.integrate('runners-near', 'neighbour');
  await stage.integrate('runners-far', 'consumer');
  await untilIdle(stage);
  for (let round = 0; round < ROUNDS; round += 1) {
    await run(stage, 'run');
    await untilIdle(stage);
  }
  await run(stage, 'rollback', { image: `${APPLICATION}-jammy-x64` });
  await agent.waitForIdle();
  await emulator.cloud('b').stop();
  await run(stage, 'run', { base: 'noble' });
  await untilReported(stage, 'a failed copy', ({ failures }) => failures.length > 0);
  await untilReported(stage, 'an idle scheduler', ({ running }) => running.length === 0);
  await run(stage, 'run', { base: 'noble' });
  return stage.until('a page with builds in the middle', SECONDS, async () => {
    const { text } = await fetchText('http://localhost/', 'GET', { socketPath: stage.paths.page });
    return text.includes('install parts') ? text : undefined;
  });
}

async function run({ agent }: CharmFixture, action: string, params: Readonly<Record<string, unknown>> = {}) {
  const { results } = await agent.runAction(action, params);
  console.log(`juju run ${APPLICATION}/leader ${action} ${JSON.stringify(results)}`);
}

function untilIdle(stage: CharmFixture): Promise<true> {
  return untilReported(
    stage,
    'the daemon to have nothing to do',
    ({ clouds, running, batch }) =>
      running.length === 0 && batch.total === batch.done && clouds.every(({ images }) => images.length > 1),
  );
}

function untilReported(
  stage: CharmFixture,
  what: string,
  isReached: (built: Built) => boolean,
): Promise<true> {
  return stage.until(what, SECONDS, async () => {
    const built = await stage.readBuilt();
    return (built !== undefined && isReached(built)) || undefined;
  });
}

const [target = ''] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'image-builder-page-'));
const config = { 'juju-channels': '3.6/stable' };
const stage = await openCharmFixture({
  folder,
  speed: 12,
  baseImageMiB: 6,
  linkBytesPerSecond: 24e6,
  config,
});
try {
  await writeFile(target, await playPage(stage));
} finally {
  await stage.close();
}
