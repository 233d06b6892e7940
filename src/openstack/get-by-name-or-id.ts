import { AmbiguousNameError, type InputError } from '../model/errors.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Returns the element whose id or exact name is `nameOrId`, the value of `flag`, or else the only one whose name differs
 * from it by case only. Throws AmbiguousNameError when several have the exact name. Throws the error that `notFound`
 * returns when none has it; `notFound` receives a comma-separated list of all names.
 */
export function getByNameOrId<T extends Named>(
  elements: readonly T[],
  nameOrId: string,
  flag: string,
  notFound: (known: string) => InputError,
): T {
  const byId = elements.find((element) => element.id === nameOrId);
  if (byId !== undefined) return byId;
  const [first, ...others] = elements.filter((element) => element.name === nameOrId);
  if (first === undefined) {
    const [similar, ...more] = elements.filter((element) => isSameButCase(element.name, nameOrId));
    if (similar !== undefined && more.length === 0) return similar;
    throw notFound(listNames(elements.map((element) => element.name)));
  }
  if (others.length === 0) return first;
  const ids = listNames([first, ...others].map((element) => element.id));
  throw new AmbiguousNameError([
    `${flag}: expected one with the name ${nameOrId}, found several; give an id: ${ids}`,
  ]);
}

function isSameButCase(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

const MAX_NAMES = 20;

/** Lists names in a message, at most 20 of them. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length > MAX_NAMES ? [`${names.length - MAX_NAMES} more`] : [];
  return [...names.slice(0, MAX_NAMES), ...more].join(', ');
}
