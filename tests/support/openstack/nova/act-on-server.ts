import { microversionOf } from './nova-route.ts';
import { requestSnapshot } from './request-snapshot.ts';
import { expectState, getServer, setState } from './server-state.ts';
import { type RouteResponse, type RouteRequest, Refusal } from '../server/route.ts';
import type { CloudState } from '../cloud-state.ts';

/** The seconds that stopping a server takes. */
const STOPPED = 2;
/** The number of characters at the end of the console that Nova keeps. */
const KEPT_CONSOLE = 102_400;

interface ActionRequest {
  readonly 'os-stop'?: null;
  readonly 'os-getConsoleOutput'?: unknown;
  readonly createImage?: { readonly name: string; readonly metadata?: Readonly<Record<string, string>> };
}

/** Handles POST /servers/:id/action. */
export async function actOnServer(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const action = (await request.json()) as ActionRequest;
  if ('os-stop' in action) return stopServer(request, cloud);
  if ('os-getConsoleOutput' in action) return readConsole(request, cloud);
  if (action.createImage === undefined) {
    throw new Refusal(400, `There is no such action: ${Object.keys(action)[0] ?? ''}`);
  }
  const server = getServer(request, cloud);
  expectState(server, 'createImage', ['active', 'stopped']);
  const id = requestSnapshot(server, action.createImage, request, cloud);
  if (microversionOf(request) >= 45) return { status: 202, body: { image_id: id } };
  return { status: 202, headers: { location: `${request.origin}/image/v2/images/${id}` } };
}

function stopServer(request: RouteRequest, cloud: CloudState): RouteResponse {
  const server = getServer(request, cloud, 'has no mapping to a cell');
  expectState(server, 'stop', ['active', 'error']);
  setState(server, cloud, { task: 'powering-off' });
  cloud.clock.after(STOPPED, async () => {
    if (server.shown['OS-EXT-STS:task_state'] !== 'powering-off') return;
    await server.powerOff();
    delete server.shown['progress'];
    setState(server, cloud, { status: 'SHUTOFF', vm: 'stopped', task: null, power: 4 });
  });
  return { status: 202 };
}

/** Returns the console of an active server. In all other states Nova has none. */
function readConsole(request: RouteRequest, cloud: CloudState): RouteResponse {
  const server = getServer(request, cloud);
  const vm = server.shown['OS-EXT-STS:vm_state'];
  if (vm === 'error') throw new Refusal(409, `Instance ${server.shown.id} is not ready`);
  if (vm === 'stopped') throw new Refusal(404, 'Guest does not have a console available.');
  if (vm !== 'active') throw new Refusal(404, `Instance ${server.shown.id} could not be found.`);
  return { status: 200, body: { output: server.console.slice(-KEPT_CONSOLE) } };
}
