/** The packages that GitHub-hosted runners have. They are installed unless the option apt-packages replaces them. */
export const IMAGE_DEFAULT_APT_PACKAGES: readonly string[] = [
  'build-essential',
  'cargo',
  'docker.io',
  'gh',
  'jq',
  'npm',
  'pkg-config',
  'python-is-python3',
  'python3-dev',
  'python3-pip',
  'rustc',
  'shellcheck',
  'socat',
  'tar',
  'time',
  'unzip',
  'wget',
];

/** Debian's grammar, except for names that end in a dash, with which apt removes a package. */
const NAME = /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$/;
const MAX_NAME = 100;

type AddProblem = (expected: string, got: string) => void;

/**
 * Parses the option apt-packages: `golang,jq` replaces the default packages, `+golang,-cargo` changes them. Returns the
 * same list sorted and without duplicates, with commas; empty stands for the default packages. Reports each word that is
 * wrong.
 */
export function parseAptPackages(text: string, addProblem: AddProblem): string {
  const words = [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))].sort();
  const changes = words.filter((word) => /^[+-]/.test(word));
  const invalid = words.filter((word) => !isName(word.replace(/^[+-]/, '')));
  if (invalid.length > 0) {
    addProblem('names of Debian packages such as golang or +golang', invalid.join(', '));
  } else if (changes.length > 0 && changes.length < words.length) {
    addProblem('either names that replace the default packages, or +NAME and -NAME that change them', text);
  }
  for (const word of changes) {
    const name = word.slice(1);
    if (word.startsWith('-') && isName(name) && !IMAGE_DEFAULT_APT_PACKAGES.includes(name)) {
      addProblem(`-NAME only for a default package (${IMAGE_DEFAULT_APT_PACKAGES.join(', ')})`, word);
    } else if (word.startsWith('-') && words.includes(`+${name}`)) {
      addProblem('each package once', `+${name} and ${word}`);
    }
  }
  return words.join(',');
}

function isName(text: string): boolean {
  return NAME.test(text) && text.length <= MAX_NAME;
}

/** Returns the packages of a list that `parseAptPackages` returned. */
export function resolveAptPackages(list: string): readonly string[] {
  const words = list === '' ? [] : list.split(',');
  const isChange = words.every((word) => /^[+-]/.test(word));
  if (!isChange) return words;
  const kept = IMAGE_DEFAULT_APT_PACKAGES.filter((name) => !words.includes(`-${name}`));
  const added = words.filter((word) => word.startsWith('+')).map((word) => word.slice(1));
  return [...new Set([...kept, ...added])];
}
