import { describe, expect, test } from '@jest/globals';
import { fetchScript } from '../../../src/image-builder/build/guest/external-script.ts';
import { failureOf, useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const SCRIPT = 'GET /script';
const scriptUrl = (): string => `${at.http.origin}/script?token=MARKED`;

describe('the download of the external script', () => {
  test('A script whose server fails for a moment is downloaded', async () => {
    at.http.on(SCRIPT, [{ status: 503 }, 'reset', { status: 404 }, { body: '#!/bin/sh\n' }]);
    expect(await fetchScript(scriptUrl(), makeTools().tools)).toBe('#!/bin/sh\n');
  });

  test.each([
    [404, 'unavailable'],
    [503, 'unavailable'],
    [401, 'build'],
  ])(
    'A script whose server always answers %i is %s, and no part of its URL but the origin is shown',
    async (status, kind) => {
      at.http.on(SCRIPT, { status });
      const error = await failureOf(fetchScript(scriptUrl(), makeTools().tools));
      expect(error).toMatchObject({ name: 'ExternalScriptError', kind });
      expect(error.message).toMatch(
        `the external script at ${at.http.origin}: ${at.http.origin} answered ${status}`,
      );
      expect(error.message).not.toMatch(/MARKED|\/script/);
    },
  );
});
