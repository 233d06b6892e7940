import { type Decoder, decode } from '../model/decode.ts';
import { parseJsonText } from '../model/json-text.ts';
import { messageOf } from '../model/message-of.ts';
import type { CommandResult, RunCommand } from '../system/process/command.ts';
import type { Environment } from './context.ts';
import { HookToolError, classifyToolFailure } from './errors.ts';
import { tellEnd } from './tell-end.ts';

/** How hook tools are reached. */
export interface ToolCaller {
  readonly run: RunCommand;
  /** The hook's own, as it is: the tools find their agent by it. */
  readonly env: Readonly<Record<string, string>>;
}

/** One call of a hook tool. */
export interface ToolCall {
  readonly tool: string;
  /** Options and names. */
  readonly args: readonly string[];
  /** Text that may begin with a dash; errors do not repeat it. */
  readonly words?: readonly string[];
  readonly input?: string;
}

/** An agent that lost its controller must not keep the machine's lock for ever. */
const TIMEOUT_MS = 60_000;

/** The environment's variables that are set. */
export function definedVariables(env: Environment): Readonly<Record<string, string>> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** Runs a hook tool and gives its stdout. Throws HookToolError. */
export async function callTool(call: ToolCall, caller: ToolCaller): Promise<string> {
  const result = await runTool(call, caller);
  if (result.exitCode === 0) return result.stdout;
  const reason = classifyToolFailure(result.stderr);
  throw new HookToolError(call.tool, reason, `${nameOf(call)}: ${tellEnd(result)}`);
}

async function runTool(call: ToolCall, { run, env }: ToolCaller): Promise<CommandResult> {
  const words = call.words === undefined ? [] : ['--', ...call.words];
  try {
    const args = [...call.args, ...words];
    return await run({ file: call.tool, args, env, input: call.input, timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    throw new HookToolError(call.tool, 'other', `${nameOf(call)}: ${messageOf(cause)}`, { cause });
  }
}

/** Runs a hook tool that answers in JSON. Throws HookToolError, which repeats nothing of the answer. */
export async function askTool<T>(call: ToolCall, decoder: Decoder<T>, caller: ToolCaller): Promise<T> {
  const stdout = await callTool({ ...call, args: ['--format=json', ...call.args] }, caller);
  const fail = (problems: readonly string[]): Error =>
    new HookToolError(call.tool, 'other', `${nameOf(call)}: ${problems.join('; ')}`);
  return decode(decoder, parseAnswer(stdout, call), 'its answer', fail);
}

function parseAnswer(stdout: string, call: ToolCall): unknown {
  try {
    return parseJsonText(stdout, 'its answer');
  } catch (error) {
    throw new HookToolError(call.tool, 'other', `${nameOf(call)}: ${messageOf(error)}`);
  }
}

function nameOf({ tool, args }: ToolCall): string {
  return [tool, ...args].join(' ');
}
