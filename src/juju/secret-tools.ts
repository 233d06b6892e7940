import { anyString, mapping } from '../model/decode.ts';
import { secretOf } from '../model/secret.ts';
import { type ToolCaller, askTool } from './call-tool.ts';
import { HookToolError } from './errors.ts';
import type { SecretAnswer } from './hook-tools.ts';

const content = mapping(secretOf(anyString));

/** `secret-get --refresh`: the newest revision; a plain one would give what was first read, for ever. */
export async function secretGet(uri: string, caller: ToolCaller): Promise<SecretAnswer> {
  const call = { tool: 'secret-get', args: ['--refresh'], words: [uri] };
  try {
    const read = await askTool(call, content, caller);
    return { state: 'read', content: new Map(Object.entries(read)) };
  } catch (error) {
    if (!(error instanceof HookToolError)) throw error;
    if (error.reason === 'denied') return { state: 'not granted' };
    if (error.reason === 'not found') return { state: 'not found' };
    throw error;
  }
}
