import { types } from 'node:util';
import { Secret } from '../../model/secret.ts';
import { errorCodeOf } from '../error-code.ts';

/** Plain data that JSON can represent. */
export type LogValue =
  string | number | boolean | null | readonly LogValue[] | { readonly [name: string]: LogValue };

/** The details that a log entry includes. */
export interface LogDetail {
  readonly stacks: boolean;
}

const SECRET_NAME =
  /password|passwd|passphrase|admin.?pass|^pass$|secret|token|private.?key|api.?key|authorization/i;
const REDACTED = '[secret]';
const MAX_DEPTH = 8;

/** Converts log fields to plain data: errors with their causes, and no value whose field name suggests a secret. */
export function describeFields(
  fields: Readonly<Record<string, unknown>>,
  detail: LogDetail,
): Record<string, LogValue> {
  try {
    return describeEntries(Object.entries(fields), { detail, path: [fields] });
  } catch {
    return { fields: '[unreadable]' }; // a getter that throws must not end a build
  }
}

interface Visit {
  readonly detail: LogDetail;
  /** The objects that contain the value, outermost first. */
  readonly path: readonly unknown[];
}

function describeEntries(entries: Iterable<[unknown, unknown]>, visit: Visit): Record<string, LogValue> {
  const described = [...entries]
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, LogValue] => {
      const name = String(key);
      return [name, SECRET_NAME.test(name) ? REDACTED : describe(value, visit)];
    });
  return Object.fromEntries(described);
}

function describe(value: unknown, visit: Visit): LogValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : describeObject(value, visit);
    case 'bigint':
    case 'symbol':
    case 'undefined':
      return String(value);
    case 'function':
      return '[function]';
  }
}

function describeObject(value: object, visit: Visit): LogValue {
  if (visit.path.includes(value)) return '[circular]';
  if (visit.path.length > MAX_DEPTH) return '[deep]';
  const inner = { ...visit, path: [...visit.path, value] };
  if (value instanceof Secret || value instanceof URL) return String(value);
  if (value instanceof Error || types.isNativeError(value)) return describeError(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return describeEntries(value, inner);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, (item) => describe(item, inner));
  return describeEntries(Object.entries(value), inner);
}

function describeError(error: Error, visit: Visit): LogValue {
  const parts = {
    name: error.name,
    message: error.message,
    code: errorCodeOf(error),
    cause: error.cause,
    errors: error instanceof AggregateError ? error.errors : undefined,
    stack: visit.detail.stacks ? error.stack : undefined,
  };
  return describeEntries(Object.entries(parts), visit);
}
