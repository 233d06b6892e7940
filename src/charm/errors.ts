import { InputError } from '../model/errors.ts';

/** The charm's options do not fit, each of them told: the operator must act, and the unit is blocked. */
export class ConfigInvalidError extends InputError {}
