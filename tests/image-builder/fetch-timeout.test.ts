import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { fetchScript } from '../../src/image-builder/build/guest/external-script.ts';
import { resolveRunnerRelease } from '../../src/image-builder/build/runner-release.ts';
import { failureOf } from '../support/cloud-fixture.ts';
import { useTestTools } from './make-test-tools.ts';
import { useEmulator } from './use-emulator.ts';

const at = useEmulator();
const makeTools = useTestTools(at);

describe('fetchTimeout', () => {
  test('The fetch time-out limits the request for the latest runner version', async () => {
    at.http.on('GET /releases/latest', 'hang');
    const failure = failureOf(resolveRunnerRelease(makeTools().tools, 'x64', ''));
    await at.http.waitFor('GET /releases/latest');
    at.clock.advance(30_000);
    await expect(failure).resolves.toMatchObject({ kind: 'unavailable' });
  });

  test('The fetch time-out limits a script download that stalls, and the error does not contain its URL', async () => {
    at.http.on('GET /script', () => {
      const body = new Readable({ read: () => undefined });
      body.push('#!/bin/sh\n');
      return { body };
    });
    const url = `${at.http.origin}/script?token=url-MARKED`;
    const failure = failureOf(fetchScript(url, makeTools().tools));
    await at.http.waitFor('GET /script');
    at.clock.advance(30_000);
    const error = await failure;
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringMatching('--fetch-timeout') });
    expect(error.message).not.toMatch('MARKED');
  });
});
