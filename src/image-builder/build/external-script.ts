import {
  SCRIPT_INSTALL_COMMAND,
  SCRIPT_REMOVE_COMMAND,
  SCRIPT_RUN_COMMAND,
  encodeScriptSecrets,
} from '../../guest/external-script.ts';
import { ExternalScriptError } from '../../model/errors.ts';
import type { Secret } from '../../model/secret.ts';
import { originOf } from '../../system/http/download.ts';
import type { SshResult } from '../../system/ssh/ssh.ts';
import { type FetchContext, fetchText } from '../fetch-text.ts';
import type { RunSettings } from '../context.ts';
import {
  type CommandLimits,
  type Guest,
  type GuestCommand,
  runInGuest,
  describeResult,
} from './guest-session.ts';

type ScriptGuest = Pick<Guest, 'session'>;
type ScriptContext = CommandLimits & Pick<RunSettings, 'scriptSecrets'>;

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

/** Runs the script as root in the guest. Only its environment has the secrets. Throws ExternalScriptError. */
export async function runScript(guest: ScriptGuest, script: string, context: ScriptContext): Promise<void> {
  const secrets = encodeScriptSecrets(context.scriptSecrets);
  const expectSuccess = async (purpose: string, command: GuestCommand): Promise<void> => {
    const result = await runInGuest(guest, command, context);
    if (result.exitCode !== 0) throw explain(purpose, result, context.scriptSecrets);
  };
  await expectSuccess('copied into', { command: SCRIPT_INSTALL_COMMAND, stdin: script });
  await expectSuccess('run in', { command: SCRIPT_RUN_COMMAND, stdin: secrets, timeout: 'scriptTimeout' });
  // After a failure the script is not removed, because the whole server is deleted.
  await expectSuccess('removed from', { command: SCRIPT_REMOVE_COMMAND });
}

function explain(
  purpose: string,
  result: SshResult,
  scriptSecrets: ReadonlyMap<string, Secret>,
): ExternalScriptError {
  const secrets = [...scriptSecrets.values()];
  const [stdout, stderr] = [redact(result.stdout, secrets), redact(result.stderr, secrets)];
  const output = describeResult({ ...result, stdout, stderr });
  return new ExternalScriptError(`the external script could not be ${purpose} the guest: ${output}`);
}

const MIN_LINE_LENGTH = 6;

/** Replaces the secrets, and single lines of them, in a script's output. Replaces the longest first. */
export function redact(text: string, secrets: Iterable<Secret>): string {
  const values = [...secrets].map((secret) => secret.reveal());
  const lines = values.flatMap((value) =>
    value.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_LENGTH),
  );
  const targets = [...values, ...lines].filter((value) => value !== '').sort((a, b) => b.length - a.length);
  return targets.reduce((redacted, value) => redacted.replaceAll(value, '[secret]'), text);
}
