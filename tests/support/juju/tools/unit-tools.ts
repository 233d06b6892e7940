import { type HookContext, contextConfig } from '../charm/hook-context.ts';
import { type Model, type Status, setStatus, writeLog } from '../model/model.ts';
import { nameOf } from '../model/relations.ts';
import { ToolRefusal, parseOptions, refuseSurplus } from './tool-options.ts';
import { FORMAT, render } from './tool-output.ts';

const STATUSES = ['maintenance', 'blocked', 'waiting', 'active'];

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/** Answers `config-get`. */
export function configGet(context: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, { ...FORMAT, 'all,a': 'flag' });
  const [given = '-', ...surplus] = operands;
  const key = given === '-' ? undefined : given;
  if (key !== undefined && flags.has('all')) {
    throw new ToolRefusal(2, `cannot use argument --all together with key ${JSON.stringify(key)}`);
  }
  refuseSurplus(surplus);
  const config = contextConfig(context);
  const unset = [...context.model.charm.options.keys()].map((name) => [name, null]);
  const all: unknown = flags.has('all') ? { ...Object.fromEntries(unset), ...config } : config;
  return render(key === undefined ? all : (config[key] ?? null), values['format'] ?? 'smart');
}

/** Answers `is-leader`. */
export function isLeader({ model }: HookContext, args: readonly string[]): string {
  const { values, operands } = parseOptions(args, FORMAT);
  refuseSurplus(operands);
  return render(model.leader, values['format'] ?? 'smart');
}

/** The binding of every unit, whatever endpoints its charm has. */
const UNIT_BINDING = 'juju-info';

/** Answers `network-get` with one of its three flags. */
export function networkGet({ model }: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, { ...FORMAT, 'egress-subnets': 'flag' });
  const [binding, ...surplus] = operands;
  if (binding === undefined) throw new ToolRefusal(2, 'no arguments specified');
  refuseSurplus(surplus);
  if (binding !== UNIT_BINDING || !flags.has('egress-subnets'))
    throw new ToolRefusal(1, `no network config found for binding ${JSON.stringify(binding)}`);
  return render([`${model.address}/32`], values['format'] ?? 'smart');
}

/** Answers `status-set`. */
export function statusSet({ model }: HookContext, args: readonly string[]): string {
  const { flags, operands } = parseOptions(args, { application: 'flag' });
  const [status, message = '', ...surplus] = operands;
  if (status === undefined) throw new ToolRefusal(2, 'invalid args, require <status> [message]');
  if (!STATUSES.includes(status)) {
    throw new ToolRefusal(
      2,
      `invalid status ${JSON.stringify(status)}, expected one of [${STATUSES.join(' ')}]`,
    );
  }
  refuseSurplus(surplus);
  if (flags.has('application') && !model.leader) throw new ToolRefusal(1, 'this unit is not the leader');
  setStatus(model, flags.has('application') ? 'application' : 'unit', status, message);
  return '';
}

/** Answers `status-get`. */
export function statusGet({ model }: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, {
    ...FORMAT,
    application: 'flag',
    'include-data': 'flag',
  });
  refuseSurplus(operands);
  const format = values['format'] ?? 'smart';
  if (!flags.has('application')) return renderStatus(model.status, flags.has('include-data'), format);
  if (!model.leader) throw new ToolRefusal(1, 'finding application status: this unit is not the leader');
  if (!flags.has('include-data')) return renderStatus(model.applicationStatus, false, format);
  const units = { [model.unit]: withData(model.status) };
  return render({ 'application-status': { ...withData(model.applicationStatus), units } }, format);
}

function renderStatus(status: Status, includesData: boolean, format: string): string {
  if (includesData) return render(withData(status), format);
  return render(format === 'smart' ? status.status : { status: status.status }, format);
}

function withData(status: Status): object {
  return { ...status, 'status-data': {} };
}

/** Answers `juju-log`. */
export function jujuLog({ model, relation }: HookContext, args: readonly string[]): string {
  const { values, flags, operands } = parseOptions(args, {
    debug: 'flag',
    'l,log-level': 'value',
    ...FORMAT,
  });
  if (operands.length === 0) throw new ToolRefusal(2, 'no message specified');
  const logger = `unit.${model.unit}.juju-log`;
  const requested = (values['l'] ?? 'INFO').toUpperCase();
  const level = LEVELS.includes(requested) ? requested : 'INFO';
  if (level !== requested)
    writeLog(model, 'WARNING', logger, `Specified log level of ${requested} is not valid`);
  const prefix = relation === undefined ? '' : `${nameOf(relation)}: `;
  writeLog(model, flags.has('debug') ? 'DEBUG' : level, logger, `${prefix}${operands.join(' ')}`);
  return '';
}

/** Answers `application-version-set`. */
export function applicationVersionSet({ model }: HookContext, args: readonly string[]): string {
  const { operands } = parseOptions(args, {});
  const [version, ...surplus] = operands;
  if (version === undefined) throw new ToolRefusal(2, 'no version specified');
  refuseSurplus(surplus);
  model.workloadVersion = version;
  return '';
}

/** Answers `goal-state` with this unit and the units of its relations. */
export function goalState({ model }: HookContext, args: readonly string[]): string {
  const { values, operands } = parseOptions(args, FORMAT);
  refuseSurplus(operands);
  const format = values['format'] ?? 'yaml';
  if (format === 'smart')
    throw new ToolRefusal(2, 'invalid value "smart" for option --format: unknown format "smart"');
  const units = { [model.unit]: { status: model.status.status, since: sinceOf(model) } };
  return render({ units, relations: goalRelations(model) }, format);
}

function goalRelations(model: Model): object {
  const relations: Record<string, Record<string, object>> = {};
  for (const { endpoint, remoteApplication, remoteUnits } of model.relations) {
    const members = (relations[endpoint] ??= {});
    members[remoteApplication] = { status: 'joined', since: sinceOf(model) };
    for (const name of remoteUnits.keys()) members[name] = { status: 'active', since: sinceOf(model) };
  }
  return relations;
}

function sinceOf({ statusHistory, now }: Model): string {
  return new Date(statusHistory.at(-1)?.at ?? now()).toISOString().replace(/\.\d+Z$/, 'Z');
}
