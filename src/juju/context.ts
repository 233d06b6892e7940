import { isAbsolute } from 'node:path';
import { InputError } from '../model/errors.ts';
import type { ProxyValues } from '../model/proxy-settings.ts';
import { Secret } from '../model/secret.ts';

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The identity of the unit in Juju, which is the same for every event. */
export interface JujuContext {
  /** `app/0` */
  readonly unitName: string;
  readonly applicationName: string;
  readonly modelName: string;
  readonly modelUuid: string;
  readonly jujuVersion: string;
  /** The folder into which Juju unpacked the charm. */
  readonly charmDir: string;
  /** Set only while an action runs. */
  readonly actionName?: string;
  /** The model's `juju-*-proxy` settings. Juju does not apply them; the charm must. */
  readonly proxies: ProxyValues;
}

const UNIT_NAME = /^([a-z][a-z0-9-]*)\/(?:0|[1-9]\d*)$/; // the unit name becomes part of paths

/** Reads the variables that Juju sets for every hook. Throws InputError with all problems. */
export function readContext(env: Environment, cwd: string): JujuContext {
  const problems: string[] = [];
  const read = (name: string): string => {
    const value = env[name] ?? '';
    if (value === '') problems.push(`${name}: expected Juju to set it, got nothing`);
    return value;
  };
  const unitName = read('JUJU_UNIT_NAME');
  const [, applicationName] = UNIT_NAME.exec(unitName) ?? [];
  if (unitName !== '' && applicationName === undefined) {
    problems.push(`JUJU_UNIT_NAME: expected a unit's name such as app/0, got ${unitName}`);
  }
  const charmDir = present(env['JUJU_CHARM_DIR']) ?? present(env['CHARM_DIR']) ?? cwd;
  if (!isAbsolute(charmDir)) problems.push(`JUJU_CHARM_DIR: expected an absolute path, got ${charmDir}`);
  const model = {
    modelName: read('JUJU_MODEL_NAME'),
    modelUuid: read('JUJU_MODEL_UUID'),
    jujuVersion: read('JUJU_VERSION'),
  };
  if (applicationName === undefined || problems.length > 0) throw new InputError(problems);
  const actionName = present(env['JUJU_ACTION_NAME']);
  return {
    unitName,
    applicationName,
    ...model,
    charmDir,
    ...(actionName === undefined ? {} : { actionName }),
    proxies: readProxies(env),
  };
}

/** Returns undefined for an empty value, with which Juju marks a variable that does not apply. */
function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function readProxies(env: Environment): ProxyValues {
  const read = (name: string): Secret => new Secret(env[name] ?? '');
  return {
    http: read('JUJU_CHARM_HTTP_PROXY'),
    https: read('JUJU_CHARM_HTTPS_PROXY'),
    noProxy: read('JUJU_CHARM_NO_PROXY'),
  };
}
