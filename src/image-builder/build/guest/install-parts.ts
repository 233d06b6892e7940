import type { GuestPart } from '../../../guest/guest-part.ts';
import { INSTALL_COMMAND, findVersions, renderInstall, secretsOf } from '../../../guest/install-part.ts';
import { PARTS_STEP } from '../../../model/guest/guest-parts.ts';
import { CloudInitFailError, ProductError } from '../../../model/errors.ts';
import type { InstalledPart } from '../../../model/result/program-result-common.ts';
import type { SshResult } from '../../../system/ssh/ssh.ts';
import type { Deadlines, Recorder } from '../../context.ts';
import type { WaitWatch } from '../../wait-on.ts';
import { type Guest, type GuestCommand, describeEnd, runInGuest } from './guest-session.ts';
import { runParts } from './run-parts.ts';
import { ScriptOutput } from './script-output.ts';

/** sshd allows 10 channels in one connection. Most parts wait for the disk, the network or apt's lock anyway. */
const PARTS_AT_ONCE = 4;
const SHOWN_LINES = 20;

type PartsGuest = Pick<Guest, 'session' | 'parts'>;
type PartsContext = Deadlines & WaitWatch & Pick<Recorder, 'report' | 'record'>;

/**
 * Installs the parts in the guest, independent ones at the same time. Reports their output line by line, and records each
 * part that is installed. Throws CloudInitFailError with the part that failed and its last lines.
 */
export async function installParts({ session, parts }: PartsGuest, context: PartsContext): Promise<void> {
  const { clock, timeouts, signal: outer } = context;
  const endsAt = clock.now() + timeouts.partsTimeout * 1000;
  const installed: InstalledPart[] = [];
  const count = (): string => `${installed.length} of ${parts.length} parts`;
  context.onWait?.(() => ({ seen: count(), leftMs: endsAt - clock.now() }));
  const install = async (part: GuestPart, signal: AbortSignal): Promise<void> => {
    const timeoutMs = Math.max(1, endsAt - clock.now());
    installed.push(
      await installPart(part, { session, timeoutMs }, { ...context, onWait: undefined, signal }),
    );
    context.record({ parts: [...installed] });
  };
  await runParts({ parts, limit: PARTS_AT_ONCE, install }, outer);
}

async function installPart(
  part: GuestPart,
  { session, timeoutMs }: Pick<Guest, 'session'> & { readonly timeoutMs: number },
  context: Omit<PartsContext, 'record'>,
): Promise<InstalledPart> {
  const startedAt = context.clock.now();
  const output = new ScriptOutput(secretsOf(part), (line) => {
    context.report({ kind: 'note', step: PARTS_STEP, text: `${part.name}: ${line}` });
  });
  const command: GuestCommand = {
    ...{ command: INSTALL_COMMAND, stdin: renderInstall(part), timeout: 'partsTimeout', timeoutMs },
    onOutput: (text) => {
      output.push(text);
    },
  };
  const result = await runInGuest({ session }, command, context).catch((cause: unknown) => {
    if (!(cause instanceof ProductError) || cause.kind === 'cancelled') throw cause;
    throw failed(part, cause.message, output, cause);
  });
  if (result.exitCode !== 0) throw failed(part, describeEnd(result), output);
  const seconds = Math.round((context.clock.now() - startedAt) / 100) / 10;
  return { name: part.name, seconds, ...versionsOf(result, output) };
}

function versionsOf({ stdout }: SshResult, output: ScriptOutput): Pick<InstalledPart, 'versions'> {
  output.end(); // shows the last line
  const versions = findVersions(output.redact(stdout));
  return versions.length === 0 ? {} : { versions };
}

function failed(
  { name }: GuestPart,
  end: string,
  output: ScriptOutput,
  cause?: ProductError,
): CloudInitFailError {
  const lines = output.end().slice(-SHOWN_LINES);
  const text = lines.length === 0 ? '; it printed nothing' : lines.map((line) => `\n  ${line}`).join('');
  return new CloudInitFailError(
    `the part ${name} could not be installed in the guest: ${end}${text}`,
    cause && { cause },
  );
}
