import {
  SCRIPT_INSTALL_COMMAND,
  SCRIPT_REMOVE_COMMAND,
  SCRIPT_RUN_COMMAND,
  encodeScriptSecrets,
} from '../guest/external-script.ts';
import { ExternalScriptError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import { originOf } from '../system/download.ts';
import { fetchText } from './fetch-text.ts';
import { type Guest, runInGuest, tellResult } from './guest-session.ts';
import type { Tools } from './tools.ts';

const MAXIMUM_SCRIPT = 8 * 1024 * 1024;

/** Fetches the operator's script here, so that its URL never reaches the guest. */
export function fetchScript(url: string, tools: Tools): Promise<string> {
  return fetchText(tools, {
    url,
    what: `the external script at ${originOf(url)}`,
    maximum: MAXIMUM_SCRIPT,
    fail: (message, options) => new ExternalScriptError(message, options),
  });
}

/** Runs the script as root in the guest, its secrets in its environment only. Throws ExternalScriptError. */
export async function runScript(guest: Guest, script: string, tools: Tools): Promise<void> {
  const secrets = encodeScriptSecrets(tools.scriptSecrets);
  await expectSuccess(guest, 'put into', tools, SCRIPT_INSTALL_COMMAND, script);
  await expectSuccess(guest, 'run in', tools, SCRIPT_RUN_COMMAND, secrets, 'scriptTimeout');
  await expectSuccess(guest, 'removed from', tools, SCRIPT_REMOVE_COMMAND); // a guest that fails goes as a whole
}

async function expectSuccess(
  guest: Guest,
  what: string,
  tools: Tools,
  command: string,
  stdin?: string,
  timeout?: 'scriptTimeout',
): Promise<void> {
  const result = await runInGuest(guest, command, tools, stdin, timeout);
  if (result.exitCode === 0) return;
  const secrets = [...tools.scriptSecrets.values()];
  const [stdout, stderr] = [redact(result.stdout, secrets), redact(result.stderr, secrets)];
  const said = tellResult({ ...result, stdout, stderr });
  throw new ExternalScriptError(`the external script could not be ${what} the guest: ${said}`);
}

const SHORTEST_LINE = 6;

/** What a script says may hold its secrets, or single lines of them; the longest are looked for first. */
export function redact(text: string, secrets: Iterable<Secret>): string {
  const values = [...secrets].map((secret) => secret.reveal());
  const lines = values.flatMap((value) =>
    value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE),
  );
  const wanted = [...values, ...lines].filter((value) => value !== '').sort((a, b) => b.length - a.length);
  return wanted.reduce((redacted, value) => redacted.replaceAll(value, '[secret]'), text);
}
