import type { HookContext } from '../charm/hook-context.ts';
import type { Databag, SecretTracking, UserSecret } from '../model/model.ts';
import { profileOf } from '../model/profile.ts';
import { findSecret } from '../model/secrets.ts';
import { ToolRefusal, parseOptions, refuseSurplus } from './tool-options.ts';
import { FORMAT, render } from './tool-output.ts';

const URI = /^(?:secret:(?:\/\/[0-9a-f-]{36}\/)?)?[0-9a-zA-Z]{20,}$/;

/** Answers `secret-get`. */
export function secretGet(context: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, {
    ...FORMAT,
    label: 'value',
    refresh: 'flag',
    peek: 'flag',
  });
  const isUri = values['label'] === undefined || URI.test(operands[0] ?? '');
  const uri = isUri ? operands[0] : undefined;
  const [key, ...surplus] = isUri ? operands.slice(1) : operands;
  refuseSurplus(surplus);
  if (flags.has('peek') && flags.has('refresh')) {
    throw new ToolRefusal(2, 'specify one of --peek or --refresh but not both');
  }
  const secret = chooseSecret(context, uri, values['label']);
  const content = readRevision(context, secret, flags);
  return render(key === undefined ? content : readKey(content, key), formatOf(values['format']));
}

function chooseSecret(context: HookContext, uri: string | undefined, label: string | undefined): UserSecret {
  if (uri === undefined && label === undefined)
    throw new ToolRefusal(2, 'require either a secret URI or label');
  if (uri === undefined) return findByLabel(context, label ?? '');
  if (!URI.test(uri)) throw new ToolRefusal(2, `secret URI ${JSON.stringify(uri)} not valid`);
  const secret = findSecret(context.model, uri);
  if (secret === undefined) throw new ToolRefusal(1, `secret ${JSON.stringify(idOf(uri))} not found`);
  if (!secret.granted) throw new ToolRefusal(1, 'permission denied');
  if (label !== undefined) relabel(context, secret, label);
  return secret;
}

/** Returns the unit's tracking of a secret, as this hook sees it. */
function trackingOf({ pending }: HookContext, secret: UserSecret): Readonly<SecretTracking> {
  return pending.secrets.get(secret) ?? secret;
}

/** Changes the tracking immediately, even when the hook fails later, or with the hook's other writes. */
function track(context: HookContext, secret: UserSecret, change: Partial<SecretTracking>): void {
  if (!profileOf(context.model).hasAtomicSecrets) {
    Object.assign(secret, change);
    return;
  }
  const { tracked, notified, label } = trackingOf(context, secret);
  context.pending.secrets.set(secret, { tracked, notified, label, ...change });
}

function findByLabel(context: HookContext, label: string): UserSecret {
  const secret = context.model.secrets.find((each) => trackingOf(context, each).label === label);
  if (secret === undefined) throw new ToolRefusal(1, `consumer label ${JSON.stringify(label)} not found`);
  if (!secret.granted) throw new ToolRefusal(1, 'permission denied');
  return secret;
}

function relabel(context: HookContext, secret: UserSecret, label: string): void {
  const { secrets } = context.model;
  const other = secrets.find((each) => each !== secret && trackingOf(context, each).label === label);
  if (other !== undefined) {
    throw new ToolRefusal(1, `secret with label ${JSON.stringify(label)} already exists`);
  }
  track(context, secret, { label });
}

/** Returns the content of the requested revision, and tracks it unless it is only peeked at. */
function readRevision(context: HookContext, secret: UserSecret, flags: ReadonlySet<string>): Databag {
  const { tracked } = trackingOf(context, secret);
  const isMoving = tracked === undefined || flags.has('refresh');
  const revision = isMoving || flags.has('peek') ? secret.latest : tracked;
  const content = secret.revisions.get(revision);
  if (content === undefined) {
    throw new ToolRefusal(1, `secret revision "${secret.id}/${revision}" not found`);
  }
  if (isMoving && !(flags.has('peek') && tracked === undefined)) {
    track(context, secret, { tracked: secret.latest, notified: secret.latest });
  }
  return content;
}

function readKey(content: Databag, given: string): string {
  const key = given.replace(/#base64$/, '');
  const value = content[key];
  if (value === undefined) throw new ToolRefusal(1, `secret key ${JSON.stringify(key)} not found`);
  return key === given ? value : Buffer.from(value).toString('base64');
}

/** Answers `secret-info-get`, which finds only secrets that the charm owns; here it owns none. */
export function secretInfoGet(_context: HookContext, args: readonly string[]): string {
  const { values, operands } = parseOptions(args, { ...FORMAT, label: 'value' });
  const [uri, ...surplus] = operands;
  refuseSurplus(surplus);
  formatOf(values['format']);
  if (uri === undefined && values['label'] === undefined) {
    throw new ToolRefusal(2, 'require either a secret URI or label');
  }
  if (uri !== undefined && !URI.test(uri)) {
    throw new ToolRefusal(2, `secret URI ${JSON.stringify(uri)} not valid`);
  }
  throw new ToolRefusal(
    1,
    `secret ${JSON.stringify(uri === undefined ? values['label'] : idOf(uri))} not found`,
  );
}

/** Answers `secret-ids`, which lists only secrets that the charm owns; here it owns none. */
export function secretIds(_context: HookContext, args: readonly string[]): string {
  const { values, operands } = parseOptions(args, FORMAT);
  refuseSurplus(operands);
  return render(null, values['format'] ?? 'smart');
}

function formatOf(format = 'yaml'): string {
  if (format === 'yaml' || format === 'json') return format;
  throw new ToolRefusal(2, `invalid value "${format}" for option --format: unknown format "${format}"`);
}

function idOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1).replace(/^secret:/, '');
}
