import type { Decision } from '../../../src/charm/decide.ts';
import type { Observed, CharmSettings } from '../../../src/charm/observed.ts';
import { encodeDesiredState, parseDesiredState } from '../../../src/model/desired-state.ts';
import { Secret } from '../../../src/model/secret.ts';
import { charmConfig } from './options.ts';

export const WISH: CharmSettings = {
  config: charmConfig(),
  password: new Secret('build-passw0rd'),
  scriptSecrets: {},
};

/** Options that cannot be used. */
export const BROKEN = { wish: undefined, problems: ['set openstack-auth-url'] };

/** What the next dispatch finds after this decision was written. */
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
