import { afterEach, beforeEach } from '@jest/globals';
import { changeConfig } from '../../support/juju/model/config-values.ts';
import type { Databag, Relation } from '../../support/juju/model/model.ts';
import { addJoinedUnit, addRelation } from '../../support/juju/model/relations.ts';
import { addSecret, grantSecret } from '../../support/juju/model/secrets.ts';
import { consumerDatabag } from './facts.ts';
import { REQUIRED } from './options.ts';
import { TestUnit } from './unit.ts';

export const PASSWORD = 'build-passw0rd';

/** Opens a fresh unit before each test of the file and closes it afterwards. */
export function useUnit(): { unit: TestUnit } {
  const fixture = {} as { unit: TestUnit };
  beforeEach(async () => {
    fixture.unit = await TestUnit.open();
  });
  afterEach(async () => {
    await fixture.unit.close();
  });
  return fixture;
}

/** Sets all required options, and returns the URI of the password secret. */
export function configure({ model }: TestUnit, given: Record<string, string | number> = {}): string {
  const secret = addSecret(model, 'openstack', { password: PASSWORD });
  grantSecret(model, secret);
  const required = REQUIRED as Readonly<Record<string, string>>;
  changeConfig(model, { ...required, 'openstack-password-secret': secret, ...given });
  return secret;
}

/** Relates a consumer of one unit with complete credentials. */
export function integrate(
  { model }: TestUnit,
  application = 'consumer',
  data: Databag = consumerDatabag(),
): Relation {
  const relation = addRelation(model, 'image', application);
  addJoinedUnit(relation, `${application}/0`, data);
  return relation;
}

/** Configures, integrates and installs the unit. */
export async function deploy(unit: TestUnit): Promise<{ relation: Relation; cloudId: string }> {
  configure(unit);
  const relation = integrate(unit);
  if ((await unit.hook('install')) !== 0) throw new Error(unit.stderr);
  const [cloudId = ''] = await unit.cloudIds();
  return { relation, cloudId };
}

/** Returns the image id that a relation offers to its consumer. */
export function imageOf({ ourUnit }: Relation): string | undefined {
  return ourUnit['id'];
}

/** Returns the lines of the log at the level INFO, without those about written files. */
export function listNotices({ model }: TestUnit): readonly string[] {
  return model.log
    .filter(({ level, message }) => level === 'INFO' && !/^(credentials|desired state) written/.test(message))
    .map(({ message }) => message);
}
