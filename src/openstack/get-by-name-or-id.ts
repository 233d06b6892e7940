import { AmbiguousNameError, type InputError } from '../model/errors.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Returns the element whose id or exact name is `nameOrId`. Throws AmbiguousNameError when several have that name.
 * Throws the error that `notFound` returns when none has it; `notFound` receives a comma-separated list of all names.
 */
export function getByNameOrId<T extends Named>(
  elements: readonly T[],
  nameOrId: string,
  kind: string,
  notFound: (known: string) => InputError,
): T {
  const byId = elements.find((element) => element.id === nameOrId);
  if (byId !== undefined) return byId;
  const [first, ...others] = elements.filter((element) => element.name === nameOrId);
  if (first === undefined) throw notFound(elements.map((element) => element.name).join(', ') || 'none');
  if (others.length === 0) return first;
  const ids = [first, ...others].map((element) => element.id).join(', ');
  throw new AmbiguousNameError([
    `${kind} ${nameOrId}: expected one of that name, found several; give an id: ${ids}`,
  ]);
}
