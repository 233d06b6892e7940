import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { jobFiles, writeJobOrder } from '../../src/builder/jobs/job-files.ts';
import { encodeFailure } from '../../src/model/result/program-result-common.ts';
import { encodeTrialResult } from '../../src/model/program-result.ts';
import { orderHead } from '../builder/support/jobs.ts';
import { changeConfig } from '../support/juju/model/config-values.ts';
import { addSecret, grantSecret } from '../support/juju/model/secrets.ts';
import { makeTrial } from '../support/trial.ts';
import { uuidOf } from '../support/uuid-of.ts';
import { built, report } from './support/facts.ts';
import { TestUnit } from './support/unit.ts';
import { deploy, useUnit } from './support/use-unit.ts';

const fixture = useUnit();
const APP = { 'app-id': '12', 'installation-id': '7', 'private-key': 'PEM-MARKED' };
const IMAGE = 'app-noble-x64';

/** Sets the options of GitHub on a unit with images. */
async function prepare(
  unit: TestUnit,
  content: Record<string, string> = { token: 'TOKEN-MARKED' },
  options: Record<string, string> = {},
): Promise<void> {
  await deploy(unit);
  const secret = addSecret(unit.model, 'github', content);
  grantSecret(unit.model, secret);
  changeConfig(unit.model, { 'github-secret': secret, 'github-path': 'octo-org', ...options });
  await unit.hook('config-changed');
  await unit.report(built({ clouds: [report('builder', { noble: uuidOf('img-1') })] }));
}

async function launchOn(jujuVersion: string, content: Record<string, string>): Promise<void> {
  const unit = await TestUnit.open('app', { jujuVersion });
  try {
    await prepare(unit, content, { 'trial-workflow': 'hello/trial.yml' });
    const task = await unit.action('launch-runner');
    expect(task).toMatchObject({
      ...{ status: 'completed', results: { id: 'build-1', image: IMAGE, 'image-id': uuidOf('img-1') } },
    });
    const trial = {
      ...{ imageName: IMAGE, cloudId: 'builder', imageId: uuidOf('img-1'), network: '', timeout: 1800 },
      ...{ githubPath: 'octo-org', githubGroup: '', githubApiUrl: 'https://api.github.com' },
      workflow: 'octo-org/hello/trial.yml',
    };
    expect((await unit.desired())?.jobRequests).toEqual([
      { action: task.id, kind: 'trial', jobId: 'build-1', trial },
    ]);
    expect(JSON.parse(await readFile(unit.paths.secrets, 'utf8'))).toMatchObject({ github: content });
    expect(await readFile(unit.paths.desired, 'utf8')).not.toContain('MARKED');
    expect((await unit.action('show-build', { id: 'build-1' })).results).toMatchObject({
      outcome: 'waiting',
    });
  } finally {
    await unit.close();
  }
}

describe('the action launch-runner', () => {
  test.each([
    ['3.6.12', 'a token', { token: 'TOKEN-MARKED' }],
    ['4.0.1', 'a token', { token: 'TOKEN-MARKED' }],
    ['4.0.1', 'an App', APP],
  ])(
    'On Juju %s with %s, the trial is requested and its id is returned at once',
    (version, _login, content) => launchOn(version, content),
  );

  test.each(['consumer', 'consumer/0'])(
    'With the consumer %s, the trial is of the newest image in its cloud, and a group and a network are passed on',
    async (consumer) => {
      const { unit } = fixture;
      await prepare(unit, undefined, { 'github-runner-group': 'trial' });
      const [cloudId = ''] = await unit.cloudIds();
      const clouds = [
        report('builder', { noble: uuidOf('img-1') }),
        report(cloudId, { noble: uuidOf('copy-1') }),
      ];
      await unit.report(built({ clouds }));
      const task = await unit.action('launch-runner', { consumer, network: 'net-2' });
      expect(task).toMatchObject({ status: 'completed', results: { 'image-id': uuidOf('copy-1') } });
      expect((await unit.desired())?.jobRequests).toMatchObject([
        { trial: { cloudId, imageId: uuidOf('copy-1'), network: 'net-2', githubGroup: 'trial' } },
      ]);
    },
  );

  test.each([4, 121, 5.5, '30'])('The minutes %p are refused by Juju', async (minutes) => {
    const { unit } = fixture;
    await prepare(unit);
    await expect(unit.action('launch-runner', { 'timeout-minutes': minutes })).rejects.toThrow(
      'timeout-minutes',
    );
  });

  test.each([
    ['no path', { 'github-path': '' }, {}, /^set github-path: /],
    ['an invalid path', { 'github-path': 'a/b/c' }, {}, /^github-path: expected OWNER\/REPOSITORY or/],
    [
      'a workflow without repository',
      { 'trial-workflow': 'trial.yml' },
      {},
      /^trial-workflow: expected REPOSITORY\//,
    ],
    [
      'a group for a repository',
      { 'github-path': 'octo-org/hello', 'github-runner-group': 'trial' },
      {},
      /^github-runner-group: expected no group, as github-path is the repository octo-org\/hello, got trial$/,
    ],
    [
      'a long group',
      { 'github-runner-group': 'x'.repeat(256) },
      {},
      /^github-runner-group: expected at most 255/,
    ],
    ['an invalid URL', { 'github-api-url': 'ftp://x' }, {}, /^github-api-url: expected a URL/],
    [
      'an unknown consumer',
      {},
      { consumer: 'nobody' },
      /^consumer: expected the application or unit of consumer\/0; got nobody$/,
    ],
    [
      'a consumer without images',
      {},
      { consumer: 'consumer' },
      /^the cloud of consumer\/0 has no image yet: see list-builds$/,
    ],
    ['an unknown image', {}, { image: 'other' }, /^image: expected one of app-noble-x64, .* got other$/],
  ])('With %s, the action fails and says what to do', async (_what, options, params, message) => {
    const { unit } = fixture;
    await prepare(unit, undefined, options);
    const task = await unit.action('launch-runner', params);
    expect(task).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect((await unit.desired())?.jobRequests).toEqual([]);
  });

  test.each([
    ['no login', { other: 'x' }, /^github-secret: expected only the keys token, .*, got other$/],
    ['two logins', { token: 'T-MARKED', ...APP }, /^github-secret: it has a token and an App, keep one$/],
    ['half an App', { 'app-id': '12' }, /^github-secret: expected the key token, or app-id and private-key/],
    [
      'a wrong installation',
      { ...APP, 'installation-id': 'x' },
      /^github-secret: installation-id: expected a/,
    ],
  ])('A secret with %s is a problem that quotes no value', async (_what, content, message) => {
    const { unit } = fixture;
    await prepare(unit, content);
    const task = await unit.action('launch-runner');
    expect(task).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(task.message).not.toContain('MARKED');
  });

  test('Without a secret or an image, the action names what is missing', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const launch = async () => (await unit.action('launch-runner', { 'timeout-minutes': 5 })).message;
    expect(await launch()).toMatch(/^set github-path, github-secret: /);
    const secret = addSecret(unit.model, 'github', { token: 't' });
    changeConfig(unit.model, { 'github-secret': secret, 'github-path': 'octo-org/hello' });
    expect(await launch()).toMatch(/^github-secret is not granted: juju grant-secret /);
    grantSecret(unit.model, secret);
    expect(await launch()).toBe('the build cloud has no image yet: see list-builds');
  });
});

describe('show-build of a trial', () => {
  const facts = { runner: 'app-0-ab', onlineSeconds: 90.5, idleSeconds: 91, jobId: 5 };
  const ended = { ...facts, jobUrl: 'https://github.com/j/5', jobSeconds: 12 };

  /** Leaves the files of a trial that printed `result`. */
  async function leaveTrial(unit: TestUnit, result: string): Promise<void> {
    const files = jobFiles(unit.paths, 't1');
    await mkdir(unit.paths.jobs, { recursive: true });
    const place = { buildCloud: 'builder', flavor: '', network: '', floatingNetwork: '', sshCidrs: [] };
    const trial = makeTrial({ imageName: IMAGE });
    await writeJobOrder({ ...orderHead({ id: 't1' }), kind: 'trial', ...place, trial }, files);
    await writeFile(files.result, result);
  }

  test('show-build reports the seconds to online, to idle and of the job', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const trial = { ...ended, jobConclusion: 'success' };
    await leaveTrial(unit, encodeTrialResult({ cloud: 'builder' }, { trial, warnings: [] }));
    expect((await unit.action('show-build', { id: 't1' })).results).toMatchObject({
      ...{ kind: 'trial', image: IMAGE, outcome: 'succeeded', runner: 'app-0-ab' },
      ...{ 'seconds-to-online': '90.5', 'seconds-to-idle': '91', 'job-seconds': '12' },
      job: 'success https://github.com/j/5',
    });
    expect((await unit.action('list-builds')).results).toMatchObject({
      builds: { t1: { kind: 'trial', outcome: 'succeeded' } },
    });
  });

  test('A trial that failed reports the error and what it measured before', async () => {
    const { unit } = fixture;
    await deploy(unit);
    const trial = { ...facts, jobUrl: undefined, jobConclusion: undefined, jobSeconds: undefined };
    const error = { kind: 'unavailable', type: 'DeadlineError', message: 'waited 60 s' } as const;
    await leaveTrial(unit, encodeFailure({ ...error, step: 'wait for trial job' }, { trial, warnings: [] }));
    const { results } = await unit.action('show-build', { id: 't1' });
    expect(results).toMatchObject({
      ...{ outcome: 'failed', error: 'waited 60 s', 'failed-step': 'wait for trial job' },
      ...{ 'seconds-to-online': '90.5', 'seconds-to-idle': '91' },
    });
    expect(results).not.toHaveProperty('job-seconds');
  });
});
