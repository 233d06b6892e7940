import type { JobResource, ResourceChange, ResourceKind } from '../model/job/job-resources.ts';

/** The resources that this process created in one cloud and has not deleted or completed. */
export interface ResourceLog {
  created(id: string, kind: ResourceKind): void;
  kept(id: string): void;
  /** Notes the answer to a request: a 404, or success. */
  answered(request: { readonly method: string; readonly path: string }, isFound: boolean): void;
}

/** Their deletion takes time and can fail, so they count as deleted when the cloud does not find them. */
const SLOW: ReadonlySet<ResourceKind> = new Set(['server', 'volume']);

/** Creates an empty log, which reports each change. */
export function createResourceLog(
  cloud: string,
  report: (change: ResourceChange, resource: JobResource) => void = () => undefined,
): ResourceLog {
  const kinds = new Map<string, ResourceKind>();
  const forget = (id: string, change: 'deleted' | 'kept'): void => {
    const kind = kinds.get(id);
    if (kind === undefined) return;
    kinds.delete(id);
    report(change, { cloud, kind, id });
  };
  return {
    created: (id, kind) => {
      kinds.set(id, kind);
      report('created', { cloud, kind, id });
    },
    kept: (id) => {
      forget(id, 'kept');
    },
    answered: ({ method, path }, isFound) => {
      const found = [...kinds].find(([id]) => path.endsWith(`/${encodeURIComponent(id)}`));
      if (found === undefined) return;
      const [id, kind] = found;
      if (!isFound || (method === 'DELETE' && !SLOW.has(kind))) forget(id, 'deleted');
    },
  };
}
