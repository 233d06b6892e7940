import { OperatorError } from '../model/config-values.ts';
import type { Model, Relation } from '../model/model.ts';
import { profileOf } from '../model/profile.ts';
import { addPeerRelations, nameOf } from '../model/relations.ts';
import { listUnmet } from './assumes.ts';
import type { CharmFiles } from './charm-files.ts';

/** Checks that Juju would refresh the application to the charm. Throws OperatorError with all problems. */
export function checkRefresh(model: Model, next: CharmFiles): void {
  const { application, charm, base, jujuVersion } = model;
  const problems = [
    ...(next.name === charm.name ? [] : [`the charm is ${charm.name}, got ${next.name}`]),
    ...(next.bases.includes(base)
      ? []
      : [`base "${base}" not supported by the charm, which supports ${next.bases.join(', ') || 'none'}`]),
    ...listUnmet(next.assumes, jujuVersion).map(
      (entry) => `Juju ${jujuVersion} does not meet assumes ${entry}`,
    ),
    ...listChangedTypes(charm, next),
    ...model.relations
      .filter((relation) => isBrokenBy(relation, charm, next) && !isDropped(relation, model))
      .map((relation) => describeBroken(relation, model)),
  ];
  if (problems.length > 0) throw new OperatorError(`cannot refresh "${application}": ${problems.join('; ')}`);
}

function listChangedTypes({ options }: CharmFiles, next: CharmFiles): readonly string[] {
  return [...options].flatMap(([name, { type }]) => {
    const other = next.options.get(name)?.type ?? type;
    return other === type ? [] : [`option "${name}" changes its type from ${type} to ${other}`];
  });
}

/** Reports whether the next charm lacks the endpoint, or has it with another role, interface or scope. */
function isBrokenBy({ endpoint }: Relation, { endpoints }: CharmFiles, next: CharmFiles): boolean {
  const [before, after] = [endpoints.get(endpoint), next.endpoints.get(endpoint)];
  return (
    after === undefined ||
    before?.role !== after.role ||
    before.interface !== after.interface ||
    before.scope !== after.scope
  );
}

/** Reports whether Juju drops a peer relation that the next charm lacks: 3.6 does while the application has one unit. */
function isDropped({ isPeer, remoteUnits }: Relation, model: Model): boolean {
  return isPeer && profileOf(model).dropsLonePeers && [...remoteUnits.values()].every(({ left }) => left);
}

function describeBroken(relation: Relation, model: Model): string {
  const { isPeer, endpoint, remoteApplication } = relation;
  if (isPeer && !profileOf(model).dropsLonePeers)
    return `charm has no corresponding peer relation "${endpoint}"`;
  return `would break relation "${isPeer ? `${model.application}:${endpoint}` : `${nameOf(relation)} ${remoteApplication}`}"`;
}

/**
 * Switches the model to the charm, with its peer relations and without those of the former charm. The values of options that it does not declare are lost
 * without a message.
 */
export function applyRefresh(model: Model, next: CharmFiles): void {
  for (const name of model.config.keys()) if (!next.options.has(name)) model.config.delete(name);
  const dropped = model.relations.filter(({ isPeer, endpoint }) => isPeer && !next.endpoints.has(endpoint));
  for (const relation of dropped) model.relations.splice(model.relations.indexOf(relation), 1);
  model.charm = next;
  addPeerRelations(model);
}
