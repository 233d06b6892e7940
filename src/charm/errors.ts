import { InputError } from '../model/errors.ts';

/** Reports all invalid options. The operator must act, so the unit is blocked. */
export class ConfigInvalidError extends InputError {}
