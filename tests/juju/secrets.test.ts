import { describe, expect, test } from '@jest/globals';
import { createHookTools } from '../../src/juju/create-hook-tools.ts';
import { HOOK_ENVIRONMENT } from './hook-environment.ts';
import { failure, json, scriptAnswers } from './scripted-tools.ts';

const URI = 'secret:csbll7pfm6j6glkk0fmg';

describe('secret-get', () => {
  test('A secret is read at its newest revision and cannot be printed', async () => {
    const { run, argv } = scriptAnswers(() => json({ password: 'MARKED', 'two-words': '' }));
    const answer = await createHookTools(run, HOOK_ENVIRONMENT).secretGet(URI);
    expect(argv()).toEqual([['secret-get', '--format=json', '--refresh', '--', URI]]);
    if (answer.state !== 'read') throw new Error(answer.state);
    expect(answer.content.get('password')?.reveal()).toBe('MARKED');
    expect([...answer.content.keys()]).toEqual(['password', 'two-words']);
    expect(JSON.stringify([...answer.content])).not.toMatch('MARKED');
  });

  test.each([
    ['permission denied', 'not granted'],
    ['secret "csbll7pfm6j6glkk0fmg" not found', 'not found'],
  ])('A secret for which Juju answers %j is reported as %s', async (words, state) => {
    const { run } = scriptAnswers(() => failure(words));
    expect(await createHookTools(run, HOOK_ENVIRONMENT).secretGet(URI)).toEqual({ state });
  });

  test('A failure of the secret backend fails the hook, so that Juju retries it', async () => {
    const { run } = scriptAnswers(() => failure('connection to the backend refused'));
    const failed = createHookTools(run, HOOK_ENVIRONMENT).secretGet(URI);
    await expect(failed).rejects.toMatchObject({ name: 'HookToolError', reason: 'other' });
  });

  test('Invalid output of secret-get is not repeated in the error', async () => {
    const { run } = scriptAnswers(() => ({ stdout: '{"password": "MARKED"' }));
    const failed = createHookTools(run, HOOK_ENVIRONMENT).secretGet(URI);
    await expect(failed).rejects.toThrow(/^(?![^]*MARKED)secret-get/);
  });
});

test('Relation data is passed on stdin because argv is limited in size and visible to every user', async () => {
  const { run, requests } = scriptAnswers(() => ({}));
  const changes = { id: 'x'.repeat(200_000), tags: '' };
  await createHookTools(run, HOOK_ENVIRONMENT).relationSet('image:3', changes);
  expect(requests).toMatchObject([{ file: 'relation-set', args: ['-r', 'image:3', '--file', '-'] }]);
  expect(JSON.parse(requests[0]?.input ?? '')).toEqual(changes);
});
