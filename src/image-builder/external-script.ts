import {
  SCRIPT_INSTALL_COMMAND,
  SCRIPT_REMOVE_COMMAND,
  SCRIPT_RUN_COMMAND,
  encodeScriptSecrets,
} from '../guest/external-script.ts';
import { DeadlineError, ExternalScriptError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import { DownloadError, downloadText, originOf } from '../system/download.ts';
import { withDeadline } from '../system/wait.ts';
import { type Guest, ownCommand, tellResult } from './guest-session.ts';
import type { Tools } from './tools.ts';

const MAXIMUM_SCRIPT = 8 * 1024 * 1024;

/** Fetches the operator's script here, so that its URL never reaches the guest. */
export async function fetchScript(url: string, tools: Tools): Promise<string> {
  const { fetchTimeout } = tools.timeouts;
  const limits = { timeoutMs: fetchTimeout * 1000, clock: tools.clock, signal: tools.signal };
  const tooLong = (): Error =>
    new DeadlineError(
      `the script at ${originOf(url)} did not come within ${fetchTimeout} s; --fetch-timeout sets the limit`,
    );
  try {
    return await withDeadline(
      (signal) => downloadText(tools.downloads, url, MAXIMUM_SCRIPT, signal),
      limits,
      tooLong,
    );
  } catch (cause) {
    if (!(cause instanceof DownloadError)) throw cause;
    throw new ExternalScriptError(`the external script: ${cause.message}`, { cause });
  }
}

/** Runs the script as root in the guest, its secrets in its environment only. Throws ExternalScriptError. */
export async function runScript(guest: Guest, script: string, tools: Tools): Promise<void> {
  const secrets = encodeScriptSecrets(tools.scriptSecrets);
  await expectSuccess(guest, 'put into', ownCommand(SCRIPT_INSTALL_COMMAND, tools, script), tools);
  try {
    const timeoutMs = tools.timeouts.scriptTimeout * 1000;
    const run = { command: SCRIPT_RUN_COMMAND, stdin: secrets, timeoutMs, signal: tools.signal };
    await expectSuccess(guest, 'run in', run, tools);
  } finally {
    await expectSuccess(guest, 'removed from', ownCommand(SCRIPT_REMOVE_COMMAND, tools), tools);
  }
}

async function expectSuccess(
  guest: Guest,
  what: string,
  command: Parameters<Guest['session']['run']>[0],
  tools: Tools,
): Promise<void> {
  const result = await guest.session.run(command);
  if (result.exitCode === 0) return;
  const said = redact(tellResult(result), tools.scriptSecrets.values());
  throw new ExternalScriptError(`the external script could not be ${what} the guest: ${said}`);
}

/** What a script says may hold its secrets. */
export function redact(text: string, secrets: Iterable<Secret>): string {
  let redacted = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value !== '') redacted = redacted.replaceAll(value, String(secret));
  }
  return redacted;
}
