/** The name of the step of a build that installs the parts, under which their output is reported. */
export const PARTS_STEP = 'install parts';

/** The parts that belong to every image. The part proxy does nothing where there is no proxy. */
const REQUIRED_PARTS: readonly string[] = ['proxy', 'hostname', 'sysctl', 'local-bin', 'users', 'runner'];

/** The parts that an image can leave out. */
export const OPTIONAL_PARTS = ['apt', 'docker', 'yarn', 'yq', 'aproxy', 'opentelemetry-collector'] as const;

/** The packages that a part needs. Without the part apt, none is installed. */
const NEEDED_PACKAGES: Readonly<Record<string, string>> = { docker: 'docker.io', yarn: 'npm' };

type AddProblem = (expected: string, got: string) => void;

/**
 * Parses the option guest-parts: `-aproxy,-yq` leaves these parts out, `docker,apt` leaves out the other optional ones.
 * Returns the parts to leave out, in a fixed order and with commas; empty: none. Reports each word that is wrong.
 */
export function parseGuestParts(text: string, addProblem: AddProblem): string {
  const words = [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))];
  const removals = words.filter((word) => word.startsWith('-')).map((word) => word.slice(1));
  const names = words.filter((word) => !word.startsWith('-'));
  const known: readonly string[] = [...OPTIONAL_PARTS, ...REQUIRED_PARTS];
  const unknown = [...removals, ...names].filter((name) => !known.includes(name));
  const required = removals.filter((name) => REQUIRED_PARTS.includes(name));
  if (unknown.length > 0) addProblem(`the parts ${OPTIONAL_PARTS.join(', ')}`, unknown.join(', '));
  else if (required.length > 0)
    addProblem(`no part that every image has (${REQUIRED_PARTS.join(', ')})`, `-${required.join(', -')}`);
  else if (removals.length > 0 && names.length > 0)
    addProblem('either the parts to install, or -NAME for the parts to leave out', text);
  const isLeftOut = (name: string): boolean =>
    names.length > 0 ? !names.includes(name) : removals.includes(name);
  return OPTIONAL_PARTS.filter(isLeftOut).join(',');
}

/** Returns the parts of a list that `parseGuestParts` returned. */
export function readLeftOutParts(list: string): readonly string[] {
  return list === '' ? [] : list.split(',');
}

/** Reports each part that needs a package that is not installed. */
export function checkNeededPackages(
  leftOut: readonly string[],
  packages: readonly string[],
  addProblem: AddProblem,
): void {
  const installed = leftOut.includes('apt') ? [] : packages;
  for (const [part, name] of Object.entries(NEEDED_PACKAGES)) {
    if (leftOut.includes(part) || installed.includes(name)) continue;
    const missing = leftOut.includes('apt') ? 'no part apt, which installs it' : `no package ${name}`;
    addProblem(`-${part} too, because the part ${part} needs the package ${name}`, missing);
  }
}
