import { APP_CHANNELS, type AppChannel } from '../../builder/config.ts';
import type { OptionReader } from '../options/option-reader.ts';

/** Maps options to the names that the Python charm of 2024 had for them. */
const FORMER_NAMES = {
  'build-flavor': 'experimental-external-build-flavor',
  'build-network': 'experimental-external-build-network',
} as const;

type RenamedOption = keyof typeof FORMER_NAMES;

/** Returns the text of an option or, when it is not set, of the option with its former name. */
export function readRenamed(reader: OptionReader, option: RenamedOption): string {
  const former = reader.text(FORMER_NAMES[option]);
  const text = reader.text(option);
  return text === '' ? former : text;
}

/** Returns the source of the program. All words that are accepted mean the program in the charm. */
export function readAppChannel(reader: OptionReader): AppChannel {
  const text = reader.text('app-channel');
  const channel = APP_CHANNELS.find((known) => known === text);
  if (channel === undefined) reader.addProblem('app-channel', `one of ${APP_CHANNELS.join(', ')}`, text);
  return channel ?? 'bundled';
}

/** Returns a line for the log if former names are set, and one if `app-channel` is. */
export function listFormerOptionNotices(reader: OptionReader): readonly string[] {
  const renamed = (Object.keys(FORMER_NAMES) as RenamedOption[])
    .filter((option) => reader.text(FORMER_NAMES[option]) !== '')
    .map((option) => describeRenamed(option, reader.text(option) !== ''));
  const channel = reader.text('app-channel');
  return [
    ...(renamed.length === 0 ? [] : [renamed.join('; ')]),
    ...(channel === 'bundled' || !isAppChannel(channel)
      ? []
      : [`app-channel=${channel} means the program in the charm, as ${APP_CHANNELS.join(', ')} all do`]),
  ];
}

function describeRenamed(option: RenamedOption, isSet: boolean): string {
  const former = FORMER_NAMES[option];
  return isSet
    ? `${former} is ignored, because ${option} is set`
    : `${former} is used as ${option}, which is its new name`;
}

function isAppChannel(text: string): boolean {
  return APP_CHANNELS.some((known) => known === text);
}
