import { ForbiddenError } from '../model/cloud/cloud-errors.ts';
import { fields, flag, projectId, withDefault, shortText, nameText } from '../model/decode.ts';
import type { Cloud } from './cloud.ts';
import { listAll } from './api/list-all.ts';

const projectFields = fields({
  id: projectId,
  name: nameText,
  domain_id: withDefault(shortText, ''),
  enabled: withDefault(flag, true),
});

/** A project in Keystone. */
export interface Project {
  readonly id: string;
  readonly name: string;
  /** Empty when Keystone does not name the domain. */
  readonly domainId: string;
  readonly isEnabled: boolean;
}

/** Lists all projects of the cloud or, for a user whose role does not allow that, the projects that the user may use. */
export async function listVisibleProjects(cloud: Cloud): Promise<readonly Project[]> {
  try {
    return await listProjectsAt(cloud, '/projects');
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
    return listProjectsAt(cloud, '/auth/projects');
  }
}

async function listProjectsAt(cloud: Cloud, path: string): Promise<readonly Project[]> {
  const found = await listAll(cloud.keystone, {
    operation: 'list projects',
    path,
    key: 'projects',
    element: projectFields,
  });
  return found.map(({ id, name, domain_id: domainId, enabled }) => ({
    id,
    name,
    domainId,
    isEnabled: enabled,
  }));
}
