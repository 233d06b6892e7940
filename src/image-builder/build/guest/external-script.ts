import {
  SCRIPT_INSTALL_COMMAND,
  SCRIPT_REMOVE_COMMAND,
  SCRIPT_RUN_COMMAND,
  encodeScriptSecrets,
} from '../../../guest/external-script.ts';
import { ExternalScriptError, ProductError } from '../../../model/errors.ts';
import { originOf } from '../../../system/http/download.ts';
import { type FetchContext, fetchText } from '../../fetch-text.ts';
import type { Recorder, RunSettings } from '../../context.ts';
import {
  type CommandLimits,
  type Guest,
  type GuestCommand,
  describeEnd,
  describeResult,
  runInGuest,
} from './guest-session.ts';
import { ScriptOutput } from './script-output.ts';

type ScriptGuest = Pick<Guest, 'session'>;
type ScriptContext = CommandLimits & Pick<RunSettings, 'scriptSecrets'> & Pick<Recorder, 'report'>;

/** The name of the step that runs the script, under which its output is reported. */
export const SCRIPT_STEP = 'run external script';

const MAXIMUM_SCRIPT = 8 * 1024 * 1024;

/** Downloads the external script on this host, so that its URL never reaches the guest. */
export function fetchScript(url: string, context: FetchContext): Promise<string> {
  return fetchText(context, {
    url,
    what: `the external script at ${originOf(url)}`,
    maximum: MAXIMUM_SCRIPT,
    fail: (message, options) => new ExternalScriptError(message, options),
  });
}

/**
 * Runs the script as root in the guest. Only its environment has the secrets. Reports its output line by line, and adds
 * the last lines to the error of a script that failed or did not end. Throws ExternalScriptError.
 */
export async function runScript(guest: ScriptGuest, script: string, context: ScriptContext): Promise<void> {
  const secrets = encodeScriptSecrets(context.scriptSecrets);
  await prepare('copied into', { command: SCRIPT_INSTALL_COMMAND, stdin: script }, guest, context);
  const output = new ScriptOutput(context.scriptSecrets.values(), (text) => {
    context.report({ kind: 'note', step: SCRIPT_STEP, text });
  });
  const command: GuestCommand = {
    ...{ command: SCRIPT_RUN_COMMAND, stdin: secrets, timeout: 'scriptTimeout' },
    onOutput: (text) => {
      output.push(text);
    },
  };
  const result = await runInGuest(guest, command, context).catch((cause: unknown) => {
    if (!(cause instanceof ProductError) || cause.kind === 'cancelled') throw cause;
    throw failed(cause.message, output, cause);
  });
  if (result.exitCode !== 0) throw failed(describeEnd(result), output);
  // After a failure the script is not removed, because the whole server is deleted.
  await prepare('removed from', { command: SCRIPT_REMOVE_COMMAND }, guest, context);
}

/** Runs a command around the script. Its output contains no secret. */
async function prepare(
  purpose: string,
  command: GuestCommand,
  guest: ScriptGuest,
  limits: CommandLimits,
): Promise<void> {
  const result = await runInGuest(guest, command, limits);
  if (result.exitCode === 0) return;
  const problem = `the external script could not be ${purpose} the guest: ${describeResult(result)}`;
  throw new ExternalScriptError(problem);
}

function failed(end: string, output: ScriptOutput, cause?: ProductError): ExternalScriptError {
  const lines = output.end();
  const text = lines.length === 0 ? '; it printed nothing' : lines.map((line) => `\n  ${line}`).join('');
  return new ExternalScriptError(`the external script failed: ${end}${text}`, cause && { cause });
}
