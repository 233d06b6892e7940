import { type RouteRequest, Refusal } from '../server/route.ts';
import type { CloudState, ServerRecord } from '../cloud-state.ts';

/** The changes of a server's state. Absent fields stay as they are. */
interface StateChange {
  readonly status?: string;
  readonly vm?: string;
  readonly task?: string | null;
  /** 0 is no state, 1 running, 4 shut down. */
  readonly power?: number;
}

/** Returns the current time in the format of Nova. */
export function isoSeconds({ clock }: Pick<CloudState, 'clock'>): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Changes the state of a server and updates its timestamp. */
export function setState(
  server: ServerRecord,
  cloud: CloudState,
  { status, vm, task, power }: StateChange,
): void {
  const { shown } = server;
  if (status !== undefined) shown.status = status;
  if (vm !== undefined) shown['OS-EXT-STS:vm_state'] = vm;
  if (task !== undefined) shown['OS-EXT-STS:task_state'] = task;
  if (power !== undefined) shown['OS-EXT-STS:power_state'] = power;
  shown['updated'] = isoSeconds(cloud);
}

/** Returns the server that a request names. Throws Refusal 404 unless the client's project owns it. */
export function getServer(
  request: RouteRequest,
  cloud: CloudState,
  why = 'could not be found',
): ServerRecord {
  const { id = '' } = request.params;
  const server = cloud.servers.get(id);
  if (server?.projectId === request.login.projectId) return server;
  throw new Refusal(404, `Instance ${id} ${why}.`);
}

/** Throws Refusal 409 unless the server is in one of the states and no task is in progress. */
export function expectState(server: ServerRecord, action: string, states: readonly string[]): void {
  const vm = String(server.shown['OS-EXT-STS:vm_state']);
  const task = server.shown['OS-EXT-STS:task_state'] as string | null;
  const refuse = (what: string): Refusal =>
    new Refusal(409, `Cannot '${action}' instance ${server.shown.id} while it is in ${what}`);
  if (!states.includes(vm)) throw refuse(`vm_state ${vm}`);
  if (task !== null) throw refuse(`task_state ${task}`);
}
