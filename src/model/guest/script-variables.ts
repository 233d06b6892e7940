import type { Secret } from '../secret.ts';

/** The environment of the external script, and the problems of secrets that no variable can hold. */
export interface ScriptVariables {
  readonly variables: ReadonlyMap<string, Secret>;
  /** One line for each problem: the quoted name of a secret and the reason, never its value. */
  readonly problems: readonly string[];
}

/** Below the kernel's limit of 128 KiB for one variable. */
const MAX_VARIABLE_BYTES = 120_000;

/** The variables that decide how the shell finds, loads or runs the script. */
const RESERVED = /^(PATH|HOME|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|PS4|OPTIND|PPID|E?UID|LD_.*)$/;

/**
 * Returns each secret under its own name, if a variable can have it, and under that name in upper case with underscores
 * for dashes. `api-token` is only API_TOKEN, because no shell accepts a dash. A name that a secret itself has takes
 * precedence over one that is derived.
 */
export function toScriptVariables(secrets: ReadonlyMap<string, Secret>): ScriptVariables {
  const own = [...secrets].filter(([name]) => isUsable(name));
  const variables = new Map(own);
  const origins = new Map(own.map(([name]) => [name, name]));
  const problems: string[] = [];
  for (const [name, secret] of secrets) {
    const upper = name.toUpperCase().replaceAll('-', '_');
    const origin = origins.get(upper);
    problems.push(...listProblems(name, upper, secret));
    if (!isUsable(upper) || secrets.has(upper)) continue;
    if (origin !== undefined) {
      problems.push(
        `${quote(origin)} and ${quote(name)} both become the variable ${upper}; rename one of them`,
      );
      continue;
    }
    variables.set(upper, secret);
    origins.set(upper, name);
  }
  return { variables, problems };
}

function listProblems(name: string, upper: string, secret: Secret): readonly string[] {
  const value = secret.reveal();
  const isLong = new TextEncoder().encode(value).length > MAX_VARIABLE_BYTES;
  return [
    ...(isUsable(name) || isUsable(upper) ? [] : [explainName(name, upper)]),
    ...(value.includes('\0') ? [`${quote(name)} has a NUL byte, which no variable can hold`] : []),
    ...(isLong
      ? [`${quote(name)} has more than ${MAX_VARIABLE_BYTES} bytes, which no variable can hold`]
      : []),
  ];
}

function explainName(name: string, upper: string): string {
  const reason = isName(upper)
    ? `${upper} decides how the script is run; choose another name`
    : 'expected letters, digits, dashes and underscores that do not begin with a digit';
  return `${quote(name)} cannot be the name of a variable: ${reason}`;
}

function isUsable(name: string): boolean {
  return isName(name) && !RESERVED.test(name);
}

function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function quote(name: string): string {
  return JSON.stringify(name);
}
