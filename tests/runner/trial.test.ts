import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { encodeHostSecrets } from '../../src/model/job/host-secrets.ts';
import { encodeJobArguments } from '../../src/model/job/job-arguments.ts';
import { type OrderOf, encodeJobOrder } from '../../src/model/job/job-order.ts';
import { OWNER_KEYS } from '../../src/model/owner.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Trial } from '../../src/model/job/trial.ts';
import { encodeProcessIdentity, readOwnProcessIdentity } from '../../src/system/process/process-identity.ts';
import type { WorkflowRecord } from '../support/github/github-state.ts';
import { IMAGE, listLeft, useRunners } from './use-runners.ts';
import { makeTrial } from '../support/trial.ts';

const at = useRunners();
const WORKFLOW = 'octo-org/hello/trial.yml';

/** Gives the repository a workflow for trials. */
function addWorkflow(change: Partial<WorkflowRecord> = {}): WorkflowRecord {
  const workflow: WorkflowRecord = {
    ...{
      path: 'repos/octo-org/hello',
      file: 'trial.yml',
      inputs: ['runner-label'],
      ends: 'success',
      runs: [],
    },
    ...change,
  };
  at.github.state.workflows.push(workflow);
  return workflow;
}

function orderOf(change: Partial<Trial>): OrderOf<'trial'> {
  return {
    ...({ format: 1, id: 't1', kind: 'trial' } as const),
    owner: { application: 'app', modelUuid: 'model-1', unit: 'app/0' },
    ...{ reason: 'r', orderedAt: '2026-01-01T00:00:00.000Z', timeouts: {}, sshPort: at.emulator.guestPort },
    ...{ buildCloud: 'builder', flavor: '', network: 'lab', floatingNetwork: '', sshCidrs: [] },
    trial: makeTrial({
      ...{ imageName: IMAGE, imageId: at.imageId, timeout: 1800, workflow: WORKFLOW },
      ...{ githubApiUrl: at.github.apiUrl, ...change },
    }),
  };
}

/** Runs the job of a trial as the daemon does. */
async function tryIt(
  change: Partial<Trial> = {},
  { signal, token = at.github.token }: { readonly signal?: AbortSignal; readonly token?: string } = {},
) {
  const order = orderOf(change);
  await writeFile(join(at.folder, 'order.json'), encodeJobOrder(order));
  const none = new Secret('');
  const secrets = encodeHostSecrets({
    ...{ generation: 1, scriptUrl: none, scriptSecrets: {}, openstackCa: '' },
    proxy: { http: none, https: none, noProxy: none },
    github: { token: new Secret(token) },
  });
  return at.run(encodeJobArguments(order), { secrets, ...(signal === undefined ? {} : { signal }) });
}

describe('the job of a trial', () => {
  test('A trial runs the job of the workflow on its own runner, and leaves neither runner nor server', async () => {
    const workflow = addWorkflow();
    const { code, json, err } = await tryIt();
    expect({ code, left: listLeft(at) }).toEqual({ code: 0, left: [] });
    const trial = json['trial'] as Record<string, unknown>;
    expect(trial).toMatchObject({
      runner: expect.stringMatching(/^app-0-[0-9a-f]{24}$/),
      ...{ online_seconds: expect.any(Number), idle_seconds: expect.any(Number) },
      ...{ job_conclusion: 'success', job_seconds: expect.any(Number) },
      job_url: expect.stringContaining('/octo-org/hello/actions/runs/'),
    });
    expect(workflow.runs).toMatchObject([{ label: trial['runner'], runner: { name: trial['runner'] } }]);
    expect(Number(trial['idle_seconds'])).toBeGreaterThanOrEqual(Number(trial['online_seconds']));
    for (const secret of at.github.state.secrets)
      expect(`${JSON.stringify(json)}${err}`).not.toContain(secret);
  });

  test('A runner of a trial is registered in the group of the organisation', async () => {
    const workflow = addWorkflow({ ends: 'hangs' });
    const stop = new AbortController();
    const running = tryIt({ githubGroup: 'trial' }, { signal: stop.signal });
    while (workflow.runs[0]?.status !== 'in_progress')
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(at.github.org.runners).toMatchObject([{ runner_group_id: 9 }]);
    stop.abort();
    await running;
  });

  test('A runner of a trial has no label but its name, so no other job starts on it', async () => {
    const other = addWorkflow({ file: 'other.yml' });
    other.runs.push({
      ...{ id: 1, jobId: 2, createdAt: 0, label: 'app', status: 'queued', conclusion: null },
      ...{ startedAt: null, completedAt: null, isCancelled: false, age: 0, runner: undefined },
    });
    addWorkflow();
    expect((await tryIt()).code).toBe(0);
    expect(other.runs[0]?.status).toBe('queued');
  });

  test('Without a workflow, the trial ends when the runner is idle', async () => {
    const { code, json } = await tryIt({ workflow: '', githubPath: 'octo-org/hello' });
    expect({ code, left: listLeft(at) }).toEqual({ code: 0, left: [] });
    expect(json['trial']).toMatchObject({
      online_seconds: expect.any(Number),
      idle_seconds: expect.any(Number),
    });
    expect(json['trial']).not.toHaveProperty('job_conclusion');
  });

  test('A job that fails fails the trial, whose measurements are reported and which leaves nothing', async () => {
    addWorkflow({ ends: 'failure' });
    const { code, json } = await tryIt();
    expect(code).not.toBe(0);
    expect(json['error']).toMatchObject({
      message: expect.stringMatching(
        /^check trial job: the trial job ended with failure; see its log at https:/,
      ),
    });
    expect(json['trial']).toMatchObject({ idle_seconds: expect.any(Number), job_conclusion: 'failure' });
    expect(listLeft(at)).toEqual([]);
  });

  test('A job that does not end is cancelled when the time is over, and nothing is left', async () => {
    const workflow = addWorkflow({ ends: 'hangs' });
    const { json } = await tryIt({ timeout: 240 });
    expect(json['error']).toMatchObject({
      message: expect.stringMatching(
        /^wait for trial job: waited .* s for the job .* \(last seen: in_progress\); timeout-minutes sets the limit/,
      ),
    });
    expect(workflow.runs).toMatchObject([{ conclusion: 'cancelled' }]);
    expect(listLeft(at)).toEqual([]);
  });

  test('A runner that is not online in time leaves nothing, and its workflow is not dispatched', async () => {
    const workflow = addWorkflow();
    at.runner = 'silent';
    const { json } = await tryIt({ timeout: 100 });
    expect(json['error']).toMatchObject({
      message: expect.stringContaining('the trial did not end within'),
    });
    expect(workflow.runs).toEqual([]);
    expect(listLeft(at)).toEqual([]);
  });

  test('A trial that is stopped while its job runs cancels the job and leaves nothing', async () => {
    const workflow = addWorkflow({ ends: 'hangs' });
    const stop = new AbortController();
    const running = tryIt({}, { signal: stop.signal });
    while (workflow.runs[0]?.status !== 'in_progress')
      await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect((await running).json['error']).toMatchObject({ kind: 'cancelled' });
    expect(workflow.runs).toMatchObject([{ conclusion: 'cancelled' }]);
    expect(listLeft(at)).toEqual([]);
  });

  test('The next trial removes the server and the registration of one that was killed', async () => {
    const owner = '{"application": "app", "model_uuid": "model-1"}';
    expect((await at.launch(['--owner', owner, '--image', at.imageId])).code).toBe(0);
    const dead = encodeProcessIdentity({ ...readOwnProcessIdentity(), startedAt: '1' });
    for (const { shown } of at.emulator.cloud('a').state.servers.values()) {
      const killed = { [OWNER_KEYS.process]: dead, [OWNER_KEYS.keptUntil]: '2020-01-01T00:00:00.000Z' };
      Object.assign(shown['metadata'] as object, killed);
    }
    expect(listLeft(at)).toHaveLength(3);
    addWorkflow();
    expect((await tryIt()).code).toBe(0);
    expect(listLeft(at)).toEqual([]);
  });
});

describe('wrong settings of a trial', () => {
  test.each([
    ['a workflow that does not exist', {}, 'check that octo-org/hello has .github/workflows/trial.yml'],
    ['a workflow without the input', { inputs: [] }, 'the input runner-label'],
    [
      'a group that does not exist',
      { githubGroup: 'x' },
      'github-runner-group: expected a runner group of octo-org',
    ],
  ])('With %s, the message says what to do and nothing is left', async (_what, change, advice) => {
    if ('inputs' in change) addWorkflow(change);
    const { json } = await tryIt('inputs' in change ? {} : change);
    expect(json['error']).toMatchObject({ message: expect.stringContaining(advice) });
    expect(listLeft(at)).toEqual([]);
  });

  test.each([
    ['no valid token', 'wrong', 'set the key token of github-secret to one that is valid'],
    ['a token that may not dispatch', 'runners-only', 'the repository permission "Actions: write"'],
    ['a token that may not register', 'nothing', 'give the token the organisation permission'],
  ])('With %s, the message says what to do and nothing is left', async (_what, token, advice) => {
    at.github.state.tokens.set('runners-only', 'runners').set('nothing', 'none');
    addWorkflow();
    const { json } = await tryIt({}, { token });
    expect(json['error']).toMatchObject({ message: expect.stringContaining(advice) });
    expect(listLeft(at)).toEqual([]);
  });
});
