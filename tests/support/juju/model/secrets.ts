import { OperatorError } from './config-values.ts';
import type { Databag, Model, UserSecret } from './model.ts';

const KEY = /^[a-z](?:-?[a-z0-9]){2,}$/;

const MAX_BYTES = 1_000_000;

/** Adds a secret, as `juju add-secret` does, and returns its URI. Throws OperatorError. */
export function addSecret(model: Model, name: string, content: Databag): string {
  checkContent(content);
  if (model.secrets.some((each) => each.name === name)) {
    throw new OperatorError(`secret with name "${name}" already exists`);
  }
  model.last.secret += 1;
  const id = `d5${model.last.secret.toString(36).padStart(18, '0')}`; // 20 characters, like an xid
  const revisions = new Map([[1, { ...content }]]);
  model.secrets.push({
    ...{ id, name, revisions, latest: 1, granted: false, tracked: undefined, notified: 0, label: '' },
  });
  return `secret:${id}`;
}

/** Adds a revision, as `juju update-secret` does. Throws OperatorError. */
export function updateSecret(model: Model, uri: string, content: Databag): void {
  checkContent(content);
  const secret = getSecret(model, uri);
  secret.latest += 1;
  secret.revisions.set(secret.latest, { ...content });
}

/** Grants a secret, as `juju grant-secret` does, which runs no hook. Throws OperatorError. */
export function grantSecret(model: Model, uri: string): void {
  getSecret(model, uri).granted = true;
}

/** Revokes a secret, as `juju revoke-secret` does. Throws OperatorError. */
export function revokeSecret(model: Model, uri: string): void {
  getSecret(model, uri).granted = false;
}

/** Removes a secret, as `juju remove-secret` does. Throws OperatorError. */
export function removeSecret(model: Model, uri: string): void {
  model.secrets.splice(model.secrets.indexOf(getSecret(model, uri)), 1);
}

function getSecret(model: Model, uri: string): UserSecret {
  const secret = findSecret(model, uri);
  if (secret === undefined) throw new OperatorError(`secret "${uri}" not found`);
  return secret;
}

/** Finds a secret by its URI or its bare id. */
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
  if (total > MAX_BYTES) problems.push(`secret content too large: ${total} bytes`);
  if (problems.length > 0) throw new OperatorError(problems.join('; '));
}
