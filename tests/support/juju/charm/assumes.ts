import { isMapping } from '../model/json-schema.ts';

/**
 * Lists the entries of a charm's `assumes` that a machine model of this version does not meet. An entry is a condition
 * such as `juju >= 3.6`, the name of a feature, or a list below `any-of` or `all-of`.
 */
export function listUnmet(assumes: readonly unknown[], jujuVersion: string): readonly string[] {
  return assumes.filter((entry) => !isMet(entry, jujuVersion)).map((entry) => JSON.stringify(entry));
}

function isMet(entry: unknown, version: string): boolean {
  if (isMapping(entry)) {
    const { 'any-of': any, 'all-of': all } = entry;
    if (Array.isArray(any)) return any.some((each) => isMet(each, version));
    return Array.isArray(all) && all.every((each) => isMet(each, version));
  }
  const [, operator, wanted] = /^juju\s*(>=|<)\s*(\d+(?:\.\d+)*)$/.exec(String(entry)) ?? [];
  if (wanted === undefined) return false; // a feature such as k8s-api, which a machine model lacks
  const order = compare(version, wanted);
  return operator === '<' ? order < 0 : order >= 0;
}

function compare(one: string, other: string): number {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  const differences = left.map((number, index) => number - (right[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

/** Returns major, minor and patch; the patch of a pre-release such as `3.6-rc1` is below that of the release. */
function numbersOf(version: string): readonly number[] {
  const [numbers = '', tag] = version.split('-');
  const [major = 0, minor = 0, patch = tag === undefined ? 0 : -1] = numbers.split('.').map(Number);
  return [major, minor, patch];
}
