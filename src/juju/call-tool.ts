import { type Decoder, decode } from '../model/decode.ts';
import { parseJsonText } from '../model/text/json-text.ts';
import { messageOf } from '../model/text/message-of.ts';
import { type CommandResult, OutputLimitError, type RunCommand } from '../system/process/command.ts';
import type { Environment } from './context.ts';
import { HookToolError, classifyToolFailure } from './errors.ts';
import { describeExit } from './describe-exit.ts';

/** The runner and the environment of the hook tools. */
export interface ToolCaller {
  readonly run: RunCommand;
  /** The complete environment of the hook: hook tools find the unit agent by it. */
  readonly env: Readonly<Record<string, string>>;
}

/** One call of a hook tool. */
export interface ToolCall {
  readonly tool: string;
  /** Options and names; error messages repeat them. */
  readonly args: readonly string[];
  /** Arguments after `--`, which may begin with a dash; error messages do not repeat them. */
  readonly operands?: readonly string[];
  readonly input?: string;
  /** The limit of its output. Default: 8 MiB. */
  readonly maxOutputBytes?: number;
}

/** A unit agent that has lost its controller must not hold the machine lock forever. */
const TIMEOUT_MS = 60_000;
/** More than any real configuration or secret has. */
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** Returns the variables that are set. */
export function definedVariables(env: Environment): Readonly<Record<string, string>> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** Runs a hook tool and returns its stdout. Throws HookToolError. */
export async function callTool(call: ToolCall, caller: ToolCaller): Promise<string> {
  const result = await runTool(call, caller);
  if (result.exitCode === 0) return result.stdout;
  const reason = classifyToolFailure(result.stderr);
  throw new HookToolError(call.tool, reason, `${nameOf(call)}: ${describeExit(result)}`);
}

async function runTool(call: ToolCall, { run, env }: ToolCaller): Promise<CommandResult> {
  const operands = call.operands === undefined ? [] : ['--', ...call.operands];
  try {
    const args = [...call.args, ...operands];
    return await run({
      file: call.tool,
      args,
      env,
      input: call.input,
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: call.maxOutputBytes ?? MAX_OUTPUT_BYTES,
    });
  } catch (cause) {
    const reason = cause instanceof OutputLimitError ? 'too large' : 'other';
    throw new HookToolError(call.tool, reason, `${nameOf(call)}: ${messageOf(cause)}`, { cause });
  }
}

/** Runs a hook tool and decodes its JSON output. Throws HookToolError, whose message never repeats the output. */
export async function callJsonTool<T>(call: ToolCall, decoder: Decoder<T>, caller: ToolCaller): Promise<T> {
  const stdout = await callTool({ ...call, args: ['--format=json', ...call.args] }, caller);
  const fail = (problems: readonly string[]): Error =>
    new HookToolError(call.tool, 'other', `${nameOf(call)}: ${problems.join('; ')}`);
  return decode(decoder, parseOutput(stdout, call), 'its output', fail);
}

function parseOutput(stdout: string, call: ToolCall): unknown {
  try {
    return parseJsonText(stdout, 'its output');
  } catch (error) {
    throw new HookToolError(call.tool, 'other', `${nameOf(call)}: ${messageOf(error)}`);
  }
}

function nameOf({ tool, args }: ToolCall): string {
  return [tool, ...args].join(' ');
}
