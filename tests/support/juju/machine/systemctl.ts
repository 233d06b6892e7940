import type { ToolAnswer } from '../tools/answer-tool.ts';
import type { Service } from './service.ts';
import type { Systemd } from './systemd.ts';
import { type ParsedArguments, ToolRefusal, parseOptions } from '../tools/tool-options.ts';
import { UnitFileError } from './unit-file.ts';

const OPTIONS = {
  'quiet,q': 'flag',
  'no-block': 'flag',
  now: 'flag',
  value: 'flag',
  'property,p': 'value',
  'signal,s': 'value',
  'kill-who,kill-whom': 'value',
} as const;

const SUCCESS: ToolAnswer = { code: 0, stdout: '', stderr: '' };

const SIGNALS = [
  'SIGTERM',
  'SIGKILL',
  'SIGHUP',
  'SIGINT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGSTOP',
  'SIGCONT',
] as const;

interface Call {
  readonly systemd: Systemd;
  readonly options: ParsedArguments;
}

type Verb = (name: string, call: Call) => Promise<ToolAnswer>;

/** Answers a call of `systemctl` with the exit codes of systemd 255. */
export async function answerSystemctl(systemd: Systemd, args: readonly string[]): Promise<ToolAnswer> {
  try {
    const options = parseOptions(args, OPTIONS);
    const [verb = '', ...names] = options.operands;
    if (verb === 'daemon-reload' && names.length === 0) {
      await systemd.reload();
      return SUCCESS;
    }
    const answer = VERBS.get(verb);
    if (answer === undefined) return failure(1, `Unknown command verb ${verb}.`);
    const [name, ...more] = names;
    if (name === undefined || more.length > 0) return failure(1, 'expected one unit');
    return await answer(name.includes('.') ? name : `${name}.service`, { systemd, options });
  } catch (error) {
    if (error instanceof ToolRefusal || error instanceof UnitFileError) return failure(1, error.message);
    throw error;
  }
}

const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['start', startUnit],
  ['stop', stopUnit],
  ['restart', restartUnit],
  ['enable', enableUnit],
  ['disable', disableUnit],
  ['is-active', isActive],
  ['is-enabled', isEnabled],
  ['kill', killUnit],
  ['reset-failed', resetFailed],
  ['show', show],
]);

async function startUnit(name: string, { systemd }: Call): Promise<ToolAnswer> {
  const service = await systemd.find(name);
  if (service === undefined) return failure(5, `Failed to start ${name}: Unit ${name} not found.`);
  return service.start()
    ? SUCCESS
    : failure(1, `Job for ${name} failed: start request repeated too quickly.`);
}

async function stopUnit(name: string, { systemd, options }: Call): Promise<ToolAnswer> {
  const service = await systemd.find(name);
  if (service === undefined) return failure(5, `Failed to stop ${name}: Unit ${name} not loaded.`);
  const stopped = service.stop();
  if (!options.flags.has('no-block')) await stopped;
  return SUCCESS;
}

async function restartUnit(name: string, { systemd, options }: Call): Promise<ToolAnswer> {
  const service = await systemd.find(name);
  if (service === undefined) return failure(5, `Failed to restart ${name}: Unit ${name} not found.`);
  const restarted = restart(service);
  if (options.flags.has('no-block')) return SUCCESS;
  const tooOften = failure(1, `Job for ${name} failed: start request repeated too quickly.`);
  return (await restarted) ? SUCCESS : tooOften;
}

async function restart(service: Service): Promise<boolean> {
  await service.stop();
  return service.start();
}

async function enableUnit(name: string, call: Call): Promise<ToolAnswer> {
  const { systemd, options } = call;
  if (!(await systemd.hasFile(name))) {
    return failure(1, `Failed to enable unit: Unit file ${name} does not exist.`);
  }
  const links = await systemd.enable(name);
  const message = options.flags.has('quiet')
    ? ''
    : links.map((link) => `Created symlink ${link}.\n`).join('');
  return options.flags.has('now') ? startUnit(name, call) : { ...SUCCESS, stderr: message };
}

async function disableUnit(name: string, call: Call): Promise<ToolAnswer> {
  const { systemd, options } = call;
  const links = await systemd.disable(name);
  if (links.length === 0 && !(await systemd.hasFile(name))) {
    return failure(1, `Failed to disable unit: Unit file ${name} does not exist.`);
  }
  const message = options.flags.has('quiet') ? '' : links.map((link) => `Removed ${link}.\n`).join('');
  return options.flags.has('now') ? stopUnit(name, call) : { ...SUCCESS, stderr: message };
}

async function isActive(name: string, { systemd, options }: Call): Promise<ToolAnswer> {
  const state = (await systemd.find(name))?.state ?? 'inactive';
  return answerQuery(options, state, state === 'active' ? 0 : 3);
}

async function isEnabled(name: string, { systemd, options }: Call): Promise<ToolAnswer> {
  if (!(await systemd.hasFile(name))) {
    return failure(1, `Failed to get unit file state for ${name}: No such file or directory`);
  }
  const enabled = systemd.isEnabled(name);
  return answerQuery(options, enabled ? 'enabled' : 'disabled', enabled ? 0 : 1);
}

function answerQuery({ flags }: ParsedArguments, state: string, code: number): ToolAnswer {
  return { code, stdout: flags.has('quiet') ? '' : `${state}\n`, stderr: '' };
}

async function killUnit(name: string, { systemd, options }: Call): Promise<ToolAnswer> {
  const service = await systemd.find(name);
  if (service === undefined) return failure(1, `Failed to kill unit ${name}: Unit ${name} not loaded.`);
  const given = options.values['signal'] ?? 'SIGTERM';
  const signal = SIGNALS.find((each) => each === given || each === `SIG${given}`);
  if (signal === undefined) return failure(1, `Failed to parse signal string ${given}.`);
  if (options.values['kill-who'] !== 'main') return failure(1, 'only --kill-who=main is supported');
  service.signal(signal);
  return SUCCESS;
}

async function resetFailed(name: string, { systemd }: Call): Promise<ToolAnswer> {
  const service = await systemd.find(name);
  if (service === undefined) {
    return failure(1, `Failed to reset failed state of unit ${name}: Unit ${name} not loaded.`);
  }
  service.resetFailed();
  return SUCCESS;
}

async function show(name: string, { systemd, options }: Call): Promise<ToolAnswer> {
  const service = await systemd.find(name);
  const properties: Readonly<Record<string, string | number>> = {
    Id: name,
    LoadState: service === undefined ? 'not-found' : 'loaded',
    ActiveState: service?.state ?? 'inactive',
    MainPID: service?.mainPid ?? 0,
    NRestarts: service?.restarts ?? 0,
    UnitFileState: systemd.isEnabled(name) ? 'enabled' : 'disabled',
  };
  const requested = options.values['property']?.split(',') ?? Object.keys(properties);
  const unknown = requested.filter((key) => properties[key] === undefined);
  if (unknown.length > 0) return failure(1, `properties ${unknown.join(', ')} are not supported`);
  const prefix = (key: string): string => (options.flags.has('value') ? '' : `${key}=`);
  return { ...SUCCESS, stdout: requested.map((key) => `${prefix(key)}${properties[key] ?? ''}\n`).join('') };
}

function failure(code: number, message: string): ToolAnswer {
  return { code, stdout: '', stderr: `${message}\n` };
}
