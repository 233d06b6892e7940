import { isProperty } from '../support/openstack/glance/image-schema.ts';
import type { Exchange } from './contract.ts';

/** The shape of a JSON value: every path in it with the types of its values. */
export type Shape = ReadonlyMap<string, ReadonlySet<string>>;

/** The objects whose keys are chosen by clients and not by the API. */
const OPEN_KEYS = new Set(['metadata', 'addresses', 'extra_specs', 'properties']);
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^[0-9a-f]{32}$/;

/** Returns the key of an exchange: its route and its status. */
export const callOf = ({ route, status }: Pick<Exchange, 'route' | 'status'>): string => `${route} ${status}`;

/** Returns the shapes of exchanges, merged by route and status. */
export function shapesOf(exchanges: readonly Exchange[]): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Map<string, Set<string>>>();
  for (const exchange of exchanges) {
    const shape = shapes.get(callOf(exchange)) ?? new Map<string, Set<string>>();
    shapes.set(callOf(exchange), shape);
    addShape(shape, '', exchange.body, isImageRecord(exchange.route));
  }
  return shapes;
}

const isImageRecord = (route: string): boolean => /\/image\/v2\/images(\/:id)?$/.test(route);

function addShape(shape: Map<string, Set<string>>, at: string, value: unknown, isImage: boolean): void {
  const types = shape.get(at) ?? new Set<string>();
  shape.set(at, types.add(typeOf(value)));
  if (Array.isArray(value)) {
    for (const element of value) addShape(shape, `${at}[]`, element, isImage);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    addShape(shape, `${at}.${nameOf(key, at, isImage && 'os_hash_algo' in value)}`, inner, isImage);
  }
}

function nameOf(key: string, at: string, isImage: boolean): string {
  if (ID.test(key)) return ':id';
  const parent = at.split('.').at(-1) ?? '';
  return OPEN_KEYS.has(parent) || (isImage && isProperty(key)) ? ':key' : key;
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'mapping' : typeof value;
}

/** Describes each part of `got` that `seen` does not contain. */
export function findUnrecorded(
  got: ReadonlyMap<string, Shape>,
  seen: ReadonlyMap<string, Shape>,
): readonly string[] {
  return [...got].flatMap(([call, shape]) => {
    const known = seen.get(call);
    if (known === undefined) return [`${call}: never seen`];
    return [...shape].flatMap(([path, types]) =>
      [...types]
        .filter((type) => known.get(path)?.has(type) !== true)
        .map((type) => `${call}: ${path} is a ${type}`),
    );
  });
}

/** Describes the calls and paths of `seen` that `got` does not contain. Types are ignored, since they vary by run. */
export function findMissing(
  got: ReadonlyMap<string, Shape>,
  seen: ReadonlyMap<string, Shape>,
): readonly string[] {
  return [...seen].flatMap(([call, shape]) => {
    const now = got.get(call);
    if (now === undefined) return [`${call}: no longer seen`];
    return [...shape.keys()].filter((path) => !now.has(path)).map((path) => `${call}: ${path} is gone`);
  });
}
