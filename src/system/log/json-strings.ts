/** Replaces the values of strings in a JSON text. Keys, numbers and blanks stay as they are. */
export function mapJsonStrings(json: string, change: (value: string) => string): string {
  let result = '';
  let done = 0;
  for (let start = json.indexOf('"'); start >= 0; start = json.indexOf('"', done)) {
    const end = findEnd(json, start);
    result += json.slice(done, start);
    done = end;
    const literal = json.slice(start, end);
    result += isKey(json, end) ? literal : mapLiteral(literal, change);
  }
  return result + json.slice(done);
}

/** Returns the position after the string that starts at `start`. */
function findEnd(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function isKey(json: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(json[at] ?? '-')) at++;
  return json[at] === ':';
}

function mapLiteral(literal: string, change: (value: string) => string): string {
  const value = JSON.parse(literal) as string;
  const changed = change(value);
  return changed === value ? literal : JSON.stringify(changed);
}
