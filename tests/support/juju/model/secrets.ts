import { OperatorError } from './config-values.ts';
import type { Databag, Model, UserSecret } from './model.ts';

const KEY = /^[a-z](?:-?[a-z0-9]){2,}$/;

const LARGEST_BYTES = 1_000_000;

/** `juju add-secret`: gives the secret's URI. Throws OperatorError. */
export function addSecret(model: Model, name: string, content: Databag): string {
  checkContent(content);
  if (model.secrets.some((each) => each.name === name)) {
    throw new OperatorError(`secret with name "${name}" already exists`);
  }
  model.last.secret += 1;
  const id = `d5${model.last.secret.toString(36).padStart(18, '0')}`; // 20 characters, as an xid
  const revisions = new Map([[1, { ...content }]]);
  model.secrets.push({
    ...{ id, name, revisions, latest: 1, granted: false, tracked: undefined, notified: 0, label: '' },
  });
  return `secret:${id}`;
}

/** `juju update-secret`: a new revision. Throws OperatorError. */
export function updateSecret(model: Model, uri: string, content: Databag): void {
  checkContent(content);
  const secret = getSecret(model, uri);
  secret.latest += 1;
  secret.revisions.set(secret.latest, { ...content });
}

/** `juju grant-secret`, which no hook tells of. Throws OperatorError. */
export function grantSecret(model: Model, uri: string): void {
  getSecret(model, uri).granted = true;
}

/** `juju revoke-secret`. Throws OperatorError. */
export function revokeSecret(model: Model, uri: string): void {
  getSecret(model, uri).granted = false;
}

/** `juju remove-secret`. Throws OperatorError. */
export function removeSecret(model: Model, uri: string): void {
  model.secrets.splice(model.secrets.indexOf(getSecret(model, uri)), 1);
}

function getSecret(model: Model, uri: string): UserSecret {
  const secret = findSecret(model, uri);
  if (secret === undefined) throw new OperatorError(`secret "${uri}" not found`);
  return secret;
}

/** By URI, or by bare id. */
export function findSecret({ secrets }: Model, uri: string): UserSecret | undefined {
  const id = uri.slice(uri.lastIndexOf('/') + 1).replace(/^secret:/, '');
  return secrets.find((each) => each.id === id);
}

function checkContent(content: Databag): void {
  const problems: string[] = [];
  let total = 0;
  for (const [key, value] of Object.entries(content)) {
    if (!KEY.test(key)) problems.push(`key "${key}" not valid`);
    if (value === '') problems.push(`secret value for key "${key}" is empty`);
    total += Math.ceil(Buffer.byteLength(value) / 3) * 4;
  }
  if (total === 0) problems.push('empty secret value not valid');
  if (total > LARGEST_BYTES) problems.push(`secret content too large: ${total} bytes`);
  if (problems.length > 0) throw new OperatorError(problems.join('; '));
}
