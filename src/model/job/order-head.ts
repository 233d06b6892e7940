import {
  type Decoder,
  anyString,
  fields,
  integer,
  isMapping,
  oneOf,
  optional,
  text,
  withDefault,
} from '../decode.ts';
import { BUILD_ID } from '../owner.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';

const orderId: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read !== undefined && !BUILD_ID.test(read)) {
    problems.push(`${at}: expected up to 63 letters, digits, dashes or underscores`);
  }
  return read;
};

const instant: Decoder<string> = (value, at, problems) => {
  const read = text(value, at, problems);
  if (read !== undefined && Number.isNaN(Date.parse(read))) problems.push(`${at}: expected a time`);
  return read;
};

const timeouts: Decoder<Partial<Timeouts>> = (value, at, problems) => {
  if (!isMapping(value)) {
    problems.push(`${at}: expected a mapping`);
    return undefined;
  }
  const read = Object.entries(value).map(([name, seconds]) => {
    if (!Object.hasOwn(DEFAULT_TIMEOUTS, name)) problems.push(`${at}.${name}: is not a time-out`);
    return [name, integer(seconds, `${at}.${name}`, problems)];
  });
  return Object.fromEntries(read) as Partial<Timeouts>;
};

/** The fields of every order of a job. */
export const ORDER_HEAD = {
  format: oneOf([1]),
  /** The build id; also the name of the job's folder. */
  id: orderId,
  owner: fields({ application: text, modelUuid: anyString, unit: anyString }),
  reason: anyString,
  /** ISO 8601, UTC. */
  orderedAt: instant,
  /** In seconds; only those that differ from the default. */
  timeouts: withDefault<Partial<Timeouts>, Partial<Timeouts>>(timeouts, {}),
  /** The port on which servers answer SSH; absent: the program's default. */
  sshPort: optional(integer),
};
