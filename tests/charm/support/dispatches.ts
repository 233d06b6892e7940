import type { Decision } from '../../../src/charm/decide.ts';
import type { Observed, CharmSettings } from '../../../src/charm/observed.ts';
import { encodeDesiredState, parseDesiredState } from '../../../src/model/unit/desired-state.ts';
import { Secret } from '../../../src/model/secret.ts';
import { charmConfig } from './options.ts';

export const SETTINGS: CharmSettings = {
  config: charmConfig(),
  credential: { method: 'password', password: new Secret('build-passw0rd') },
  scriptSecrets: {},
  github: {},
};

/** The observed facts of invalid options. */
export const BROKEN = { settings: undefined, problems: ['set openstack-auth-url'] };

/** Returns the facts that the next dispatch observes after the decision was written. */
export function after(before: Observed, { desired, credentials, databags }: Decision): Observed {
  const changed = (id: number) => databags.find(({ relationId }) => relationId === id)?.changes ?? {};
  return {
    ...before,
    desired: desired === undefined ? undefined : parseDesiredState(encodeDesiredState(desired)),
    installed: credentials ?? before.installed,
    relations: before.relations.map((relation) => ({
      ...relation,
      databag: Object.fromEntries(
        Object.entries({ ...relation.databag, ...changed(relation.id) }).filter(([, value]) => value !== ''),
      ),
    })),
  };
}
