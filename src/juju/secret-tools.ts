import { anyString, mapping } from '../model/decode.ts';
import { secretOf } from '../model/secret.ts';
import { type ToolCaller, callJsonTool } from './call-tool.ts';
import { HookToolError } from './errors.ts';
import type { SecretAnswer } from './hook-tools.ts';

const content = mapping(secretOf(anyString));

/** Runs `secret-get --refresh`: without `--refresh` Juju keeps returning the revision that was read first. */
export async function secretGet(uri: string, caller: ToolCaller): Promise<SecretAnswer> {
  const call = { tool: 'secret-get', args: ['--refresh'], operands: [uri] };
  try {
    const fields = await callJsonTool(call, content, caller);
    return { state: 'read', content: new Map(Object.entries(fields)) };
  } catch (error) {
    if (!(error instanceof HookToolError)) throw error;
    if (error.reason === 'denied') return { state: 'not granted' };
    if (error.reason === 'not found') return { state: 'not found' };
    throw error;
  }
}
