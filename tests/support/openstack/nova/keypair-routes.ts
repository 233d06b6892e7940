import { createHash } from 'node:crypto';
import { paginate } from '../server/paginate.ts';
import { microversionOf, novaRoute, refuseMarker } from './nova-route.ts';
import { type RouteResponse, type RouteRequest, Refusal } from '../server/route.ts';
import type { CloudState, KeypairRecord } from '../cloud-state.ts';

const NAME_CHARACTERS = '_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

interface KeypairRequest {
  readonly keypair: { readonly name: string; readonly public_key: string };
}

/** Returns the fields that Nova shows in a list. */
function summarise({ name, public_key, fingerprint }: KeypairRecord) {
  return { name, public_key, fingerprint };
}

function ownKeypairs(request: RouteRequest, { keypairs }: CloudState): readonly KeypairRecord[] {
  return keypairs
    .filter(({ userId }) => userId === request.login.userId)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Lists the keypairs of the user. Nova paginates them from microversion 2.35 on, and returns all of them before. */
function listKeypairs(request: RouteRequest, cloud: CloudState): RouteResponse {
  const own = ownKeypairs(request, cloud);
  if (microversionOf(request) < 35) {
    return { status: 200, body: { keypairs: own.map((keypair) => ({ keypair: summarise(keypair) })) } };
  }
  const body = paginate(request, {
    key: 'keypairs',
    all: own.map((keypair) => ({ keypair: { ...summarise(keypair), type: 'ssh' } })),
    idOf: ({ keypair }) => keypair.name,
    path: '/compute/v2.1/os-keypairs',
    pageSize: cloud.pageSize,
    refuseMarker,
  });
  return { status: 200, body };
}

async function createKeypair(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const { keypair } = (await request.json()) as KeypairRequest;
  const { name, public_key } = keypair;
  checkName(name);
  const fingerprint = fingerprintOf(public_key);
  if (ownKeypairs(request, cloud).some((own) => own.name === name)) {
    throw new Refusal(409, `Key pair '${name}' already exists.`);
  }
  const record = { userId: request.login.userId, name, public_key, fingerprint };
  cloud.keypairs.push(record);
  return { status: 200, body: { keypair: { ...summarise(record), user_id: request.login.userId } } };
}

function checkName(name: string): void {
  if (name.length > 255) {
    const message = `Invalid input for field/attribute name. Value: ${name}. '${name}' is too long`;
    throw new Refusal(400, message);
  }
  if (/^[\w -]*$/.test(name)) return;
  const expected = `The name must be: Only expected characters: [${NAME_CHARACTERS}]`;
  throw new Refusal(400, `An invalid 'name' value was provided. ${expected}`);
}

/** Returns the MD5 fingerprint in the format of Nova. Throws Refusal 400 for an invalid key. */
function fingerprintOf(publicKey: string): string {
  const [type = '', data = ''] = publicKey.split(' ');
  const blob = Buffer.from(data, 'base64');
  if (!blob.toString('latin1').startsWith(type, 4) || type === '') {
    throw new Refusal(400, 'Keypair data is invalid: failed to generate fingerprint');
  }
  return createHash('md5')
    .update(blob)
    .digest('hex')
    .replace(/..(?=.)/g, '$&:');
}

function deleteKeypair(request: RouteRequest, cloud: CloudState): RouteResponse {
  const { name = '' } = request.params;
  const { userId } = request.login;
  const at = cloud.keypairs.findIndex((keypair) => keypair.userId === userId && keypair.name === name);
  if (at < 0) throw new Refusal(404, `Keypair ${name} not found for user ${userId}`);
  cloud.keypairs.splice(at, 1);
  return { status: 202 };
}

export const keypairRoutes = [
  novaRoute('GET /os-keypairs', listKeypairs),
  novaRoute('POST /os-keypairs', createKeypair),
  novaRoute('DELETE /os-keypairs/:name', deleteKeypair),
];
