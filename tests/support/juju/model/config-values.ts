import { type ConfigOption, type ConfigValue, matchesType } from '../charm/charm-files.ts';
import type { Model } from './model.ts';

/** The changes passed to `juju config`: typed values or their text; undefined resets an option. */
export type ConfigChange = Readonly<Record<string, ConfigValue | undefined>>;

/** An operator's command that the controller refuses. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/** Sets and resets options, either all of them or none. Throws OperatorError. */
export function changeConfig(model: Model, change: ConfigChange): void {
  const entries = Object.entries(change).map(
    ([name, value]) => [name, parseValue(model, name, value)] as const,
  );
  for (const [name, value] of entries) {
    if (value === undefined) model.config.delete(name);
    else model.config.set(name, value);
  }
}

function parseValue({ charm }: Model, name: string, value: ConfigValue | undefined): ConfigValue | undefined {
  const option = charm.options.get(name);
  if (option === undefined) throw new OperatorError(`unknown option "${name}"`);
  if (value === undefined) return undefined;
  const parsed = option.type === 'string' || typeof value !== 'string' ? value : readText(option, value);
  if (matchesType(option.type, parsed)) return parsed;
  throw new OperatorError(`option "${name}" expected ${option.type}, got ${JSON.stringify(value)}`);
}

/** Converts the text of `juju config option=text` to the type of the option. */
function readText({ type }: ConfigOption, text: string): ConfigValue {
  if (type === 'boolean' && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (type === 'int' && /^[+-]?\d+$/.test(text)) return Number(text);
  if (type === 'float' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** Returns the options that have a value or a default, without options that an upgrade has removed. */
export function readConfig({ charm, config }: Model): Readonly<Record<string, ConfigValue>> {
  const values: Record<string, ConfigValue> = {};
  for (const [name, option] of charm.options) {
    const set = config.get(name);
    const value = set !== undefined && matchesType(option.type, set) ? set : option.default;
    if (value !== undefined) values[name] = value;
  }
  return values;
}
