/** The longest list of image properties. It is written on images with other inputs, where Nova allows 255 characters. */
const MAXIMUM_LIST = 150;

/** The properties that Glance sets itself; it refuses requests that set them. */
const RESERVED = /^os_(hash|hidden|glance)/;

/**
 * Parses `hw_disk_bus=scsi,os_require_quiesce=yes`, and returns the same list sorted. Reports each pair that is not a
 * `hw_` or `os_` property with a value, repeats a property, or sets one that Glance keeps to itself.
 */
export function parseImageProperties(
  list: string,
  addProblem: (expected: string, got: string) => void,
): string {
  const pairs = list === '' ? [] : list.split(',').map((pair) => pair.trim());
  const seen = new Set<string>();
  for (const pair of pairs) {
    const [key = ''] = pair.split('=');
    if (!/^(hw|os)_[A-Za-z0-9_.:]+=[^\s,]+$/.test(pair)) addProblem('pairs like hw_disk_bus=scsi', pair);
    else if (RESERVED.test(key)) addProblem('no property that Glance sets itself', key);
    else if (seen.has(key)) addProblem('each property once', `${key} twice`);
    seen.add(key);
  }
  const sorted = pairs.sort().join(',');
  if (sorted.length > MAXIMUM_LIST)
    addProblem(`at most ${MAXIMUM_LIST} characters`, `${sorted.length} characters`);
  return sorted;
}

/** Returns the properties of a list that `parseImageProperties` returned. */
export function readImageProperties(list: string): Readonly<Record<string, string>> {
  const pairs = list === '' ? [] : list.split(',');
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
