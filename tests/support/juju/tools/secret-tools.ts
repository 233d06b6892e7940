import type { HookContext } from '../charm/hook-context.ts';
import type { Databag, UserSecret } from '../model/model.ts';
import { findSecret } from '../model/secrets.ts';
import { ToolRefusal, parseOptions, refuseSurplus } from './tool-options.ts';
import { FORMAT, render } from './tool-output.ts';

const URI = /^(?:secret:(?:\/\/[0-9a-f-]{36}\/)?)?[0-9a-zA-Z]{20,}$/;

/** `secret-get` */
export function secretGet(context: HookContext, args: readonly string[]): string {
  const { values, flags, rest } = parseOptions(args, {
    ...FORMAT,
    label: 'value',
    refresh: 'flag',
    peek: 'flag',
  });
  const isUri = values['label'] === undefined || URI.test(rest[0] ?? '');
  const uri = isUri ? rest[0] : undefined;
  const [key, ...surplus] = isUri ? rest.slice(1) : rest;
  refuseSurplus(surplus);
  if (flags.has('peek') && flags.has('refresh')) {
    throw new ToolRefusal(2, 'specify one of --peek or --refresh but not both');
  }
  const secret = chooseSecret(context, uri, values['label']);
  const content = readRevision(secret, flags);
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

function findByLabel({ model }: HookContext, label: string): UserSecret {
  const secret = model.secrets.find((each) => each.label === label);
  if (secret === undefined) throw new ToolRefusal(1, `consumer label ${JSON.stringify(label)} not found`);
  if (!secret.granted) throw new ToolRefusal(1, 'permission denied');
  return secret;
}

function relabel({ model }: HookContext, secret: UserSecret, label: string): void {
  const other = model.secrets.find((each) => each !== secret && each.label === label);
  if (other !== undefined) {
    throw new ToolRefusal(1, `secret with label ${JSON.stringify(label)} already exists`);
  }
  secret.label = label; // at once, whatever becomes of the hook
}

/** The revision that is read; which one the unit tracks changes at once. */
function readRevision(secret: UserSecret, flags: ReadonlySet<string>): Databag {
  const moves = secret.tracked === undefined || flags.has('refresh');
  const revision = moves || flags.has('peek') ? secret.latest : secret.tracked;
  const content = secret.revisions.get(revision ?? secret.latest);
  if (content === undefined) {
    throw new ToolRefusal(1, `secret revision "${secret.id}/${revision ?? ''}" not found`);
  }
  if (moves && !(flags.has('peek') && secret.tracked === undefined)) {
    secret.tracked = secret.latest;
    secret.notified = secret.latest;
  }
  return content;
}

function readKey(content: Databag, given: string): string {
  const key = given.replace(/#base64$/, '');
  const value = content[key];
  if (value === undefined) throw new ToolRefusal(1, `secret key ${JSON.stringify(key)} not found`);
  return key === given ? value : Buffer.from(value).toString('base64');
}

/** `secret-info-get`: of secrets that one owns, and the charm owns none here. */
export function secretInfoGet(_context: HookContext, args: readonly string[]): string {
  const { values, rest } = parseOptions(args, { ...FORMAT, label: 'value' });
  const [uri, ...surplus] = rest;
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

/** `secret-ids`: of secrets that one owns. */
export function secretIds(_context: HookContext, args: readonly string[]): string {
  const { values, rest } = parseOptions(args, FORMAT);
  refuseSurplus(rest);
  return render(null, values['format'] ?? 'smart');
}

function formatOf(format = 'yaml'): string {
  if (format === 'yaml' || format === 'json') return format;
  throw new ToolRefusal(2, `invalid value "${format}" for option --format: unknown format "${format}"`);
}

function idOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1).replace(/^secret:/, '');
}
