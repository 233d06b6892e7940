import type { CloudState, Login, ServerRecord } from '../cloud-state.ts';
import { isoSeconds } from './server-state.ts';

/** A server to add by hand. */
export interface AddedServer {
  readonly id: string;
  readonly name?: string;
  /** Default: ACTIVE. */
  readonly status?: string;
  readonly taskState?: string;
  readonly imageId?: string;
  /** The creation time in ISO 8601. Default: now. */
  readonly created?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly console?: string;
}

const VM_STATES: Readonly<Record<string, string>> = {
  ACTIVE: 'active',
  BUILD: 'building',
  SHUTOFF: 'stopped',
};

/** Adds a server without a guest to the project of a user. Its state changes only when a client acts on it. */
export function addServer(cloud: CloudState, owner: Login, server: AddedServer): ServerRecord {
  const { id, name = id, status = 'ACTIVE', metadata = {}, console = '' } = server;
  const created = server.created ?? isoSeconds(cloud);
  const shown = {
    id,
    name,
    status,
    tenant_id: owner.projectId,
    user_id: owner.userId,
    metadata,
    image: { id: server.imageId ?? '' },
    created,
    updated: created,
    addresses: {},
    'OS-EXT-STS:task_state': server.taskState ?? null,
    'OS-EXT-STS:vm_state': VM_STATES[status] ?? 'error',
    'OS-EXT-STS:power_state': status === 'ACTIVE' ? 1 : 0,
  };
  const record: ServerRecord = {
    shown,
    projectId: owner.projectId,
    userId: owner.userId,
    console,
    powerOff: () => Promise.resolve(),
  };
  cloud.servers.set(id, record);
  cloud.serversEver.push({ id, name });
  return record;
}
