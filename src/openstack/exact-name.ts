import { AmbiguousNameError, type InputError } from '../model/errors.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Returns the element whose id or exact name is `wanted`. Throws AmbiguousNameError when several have that name.
 * Throws the error that `notFound` returns when none has it; `notFound` receives a comma-separated list of all names.
 */
export function getByNameOrId<T extends Named>(
  things: readonly T[],
  wanted: string,
  what: string,
  notFound: (known: string) => InputError,
): T {
  const byId = things.find((thing) => thing.id === wanted);
  if (byId !== undefined) return byId;
  const [first, ...others] = things.filter((thing) => thing.name === wanted);
  if (first === undefined) throw notFound(things.map((thing) => thing.name).join(', ') || 'none');
  if (others.length === 0) return first;
  const ids = [first, ...others].map((thing) => thing.id).join(', ');
  throw new AmbiguousNameError([
    `${what} ${wanted}: expected one of that name, found several; give an id: ${ids}`,
  ]);
}
