import { type ConfigOption, type ConfigValue, suits } from '../charm/charm-files.ts';
import type { Model } from './model.ts';

/** What `juju config` is given: values as YAML has them, or their text; `undefined` resets. */
export type ConfigChange = Readonly<Record<string, ConfigValue | undefined>>;

/** The controller refused what the operator asked for. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/** Sets and resets options; all or none. Throws OperatorError. */
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
  if (suits(option.type, parsed)) return parsed;
  throw new OperatorError(`option "${name}" expected ${option.type}, got ${JSON.stringify(value)}`);
}

/** `juju config option=text` */
function readText({ type }: ConfigOption, text: string): ConfigValue {
  if (type === 'boolean' && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (type === 'int' && /^[+-]?\d+$/.test(text)) return Number(text);
  if (type === 'float' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** Options that have a value or a default; after an upgrade, only those that the charm still has. */
export function readConfig({ charm, config }: Model): Readonly<Record<string, ConfigValue>> {
  const values: Record<string, ConfigValue> = {};
  for (const [name, option] of charm.options) {
    const set = config.get(name);
    const value = set !== undefined && suits(option.type, set) ? set : option.default;
    if (value !== undefined) values[name] = value;
  }
  return values;
}
