import type { CloudReport } from '../../../src/model/unit/built.ts';
import type { Relation } from '../../support/juju/model/model.ts';
import { uuidOf } from '../../support/uuid-of.ts';
import { built, report } from './facts.ts';
import type { TestUnit } from './unit.ts';
import { deploy } from './use-unit.ts';

export const NOBLE = 'app-noble-x64';

/** The ids of the image and the copies of three builds, the newest first. */
export const BUILDS = ['b3', 'b2', 'b1'];

/** Returns the id of the image or copy of a build in a cloud. */
export const revisionId = (cloudId: string, buildId: string): string => uuidOf(`${cloudId} ${buildId}`);

/** Returns the report of a cloud with these revisions, which offers one of them. */
export function reportOf(cloudId: string, builds: readonly string[], offered = builds[0] ?? ''): CloudReport {
  const idOf = (buildId: string): string => revisionId(cloudId, buildId);
  return report(cloudId, builds.length === 0 ? {} : { noble: idOf(offered) }, {
    activeIds: builds.map(idOf),
    revisions: builds.map((buildId, index) => ({
      ...{ imageName: NOBLE, imageId: idOf(buildId), buildId, createdAt: `2026-11-2${5 - index}T10:00:00Z` },
    })),
  });
}

/** Deploys a unit whose consumer gets the newest of three revisions. */
export async function publish(unit: TestUnit): Promise<{ relation: Relation; cloudId: string }> {
  const { relation, cloudId } = await deploy(unit);
  await unit.report(built({ clouds: [reportOf('builder', BUILDS), reportOf(cloudId, BUILDS)] }));
  await unit.dispatch({ kind: 'own', name: 'built' });
  return { relation, cloudId };
}

/** Returns the peer relation of the unit. */
export const peersOf = ({ model }: TestUnit): Relation => {
  const relation = model.relations.find(({ isPeer }) => isPeer);
  if (relation === undefined) throw new Error('the model has no peer relation');
  return relation;
};
