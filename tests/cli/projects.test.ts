import { describe, expect, test } from '@jest/globals';
import { useHttpCloud } from '../support/cloud-fixture.ts';
import { TOKENS } from '../support/http-cloud.ts';
import { useProgram } from './run-program.ts';

const at = useHttpCloud();
const program = useProgram(at);

const ALL = 'GET /v3/projects';
const OWN = 'GET /v3/auth/projects';

/** The project of Keystone's documented response to both calls. */
const project = (id: string, name: string) => ({
  ...{ is_domain: false, description: null, domain_id: 'default', enabled: true, id, name, parent_id: null },
  links: { self: `http://example.com/identity/v3/projects/${id}` },
});
const answer = (...projects: readonly unknown[]) => ({
  body: { links: { next: null, previous: null, self: 'http://example.com/identity/v3/projects' }, projects },
});
/** Keystone's answer to a user whose role does not allow the call. */
const FORBIDDEN = {
  status: 403,
  body: {
    error: {
      code: 403,
      title: 'Forbidden',
      message: 'You are not authorized to perform the requested action.',
    },
  },
};

// The emulator has no such call, because the recorded contract has none. These are the documented answers of Keystone:
// https://docs.openstack.org/api-ref/identity/v3/#list-projects and #get-available-project-scopes
describe('projects list', () => {
  test('An admin gets all projects of the chosen cloud', async () => {
    await program.writeClouds({ other: 'http://127.0.0.1:1', mine: at.http.origin });
    at.http.on(ALL, answer(project('p1', 'one'), project('p2', 'two')));
    const { code, json } = await program.run(['projects', 'list', '--os-cloud', 'mine']);
    expect(code).toBe(0);
    expect(json()).toEqual({
      cloud: 'mine',
      projects: [
        { id: 'p1', name: 'one', domain_id: 'default', is_enabled: true },
        { id: 'p2', name: 'two', domain_id: 'default', is_enabled: true },
      ],
      warnings: [],
    });
    expect(at.http.requests(OWN)).toEqual([]);
  });

  test('Another user gets the projects that the user may use', async () => {
    await program.writeClouds({ mine: at.http.origin });
    at.http.on(ALL, FORBIDDEN);
    at.http.on(OWN, answer(project('p1', 'one')));
    const { code, out } = await program.run(['projects', 'list', '--format', 'text']);
    expect({ code, out }).toEqual({ code: 0, out: 'p1 one\n' });
  });

  test('Without --os-cloud the first cloud is used, and a warning names the option', async () => {
    await program.writeClouds({ mine: at.http.origin, other: 'http://127.0.0.1:1' });
    at.http.on(ALL, answer());
    const { json } = await program.run(['projects', 'list']);
    expect(json()['cloud']).toBe('mine');
    expect(json()['warnings']).toEqual([
      expect.stringMatching(/clouds\.yaml: uses cloud mine of 2; set --os-cloud to choose another$/),
    ]);
  });

  test('Wrong credentials end with 3 and one message', async () => {
    await program.writeClouds({ mine: at.http.origin });
    at.http.on(TOKENS, {
      status: 401,
      body: { error: { code: 401, title: 'Unauthorized', message: 'requires authentication' } },
    });
    const { code, json, err } = await program.run(['projects', 'list']);
    expect(code).toBe(3);
    expect(json()['error']).toMatchObject({ kind: 'denied', type: 'UnauthorizedError' });
    expect(err.match(/ERROR/g)).toHaveLength(1);
  });

  test('A cloud that is not in clouds.yaml ends with 2 and lists those that are', async () => {
    await program.writeClouds({ mine: at.http.origin });
    const { code, err } = await program.run(['projects', 'list', '--os-cloud', 'nope']);
    expect(code).toBe(2);
    expect(err).toContain('expected one of the clouds mine, got nope');
  });
});
