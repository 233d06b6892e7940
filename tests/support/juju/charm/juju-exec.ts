import type { ToolAnswer } from '../tools/answer-tool.ts';
import type { ProgramRequest } from '../tools/socket-server.ts';
import type { UnitAgent } from '../unit-agent.ts';

/** Answers `juju-exec <unit> <commands>` after the commands have been run. */
export async function answerJujuExec(
  { args, contextId }: ProgramRequest,
  findAgent: (unit: string) => UnitAgent | undefined,
): Promise<ToolAnswer> {
  if (contextId !== undefined && contextId !== '') {
    return refuse(`juju-exec cannot be called from within a hook, have context ${JSON.stringify(contextId)}`);
  }
  const option = args.find((arg) => arg.startsWith('-')); // options end at the first operand
  if (option !== undefined && args.indexOf(option) === 0)
    return refuse(`option provided but not defined: ${option}`);
  const [unit, ...words] = args;
  if (unit === undefined) return refuse('missing unit-name');
  if (words.length === 0) return refuse('missing commands');
  const agent = findAgent(unit);
  if (agent === undefined || agent.isRemoved)
    return refuse(`unit ${JSON.stringify(unit)} not found on this machine`);
  const [command = ''] = words;
  return agent.execute(words.length === 1 ? command : words.map(quote).join(' '));
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`;
}

function refuse(message: string): ToolAnswer {
  return { code: 2, stdout: '', stderr: `ERROR ${message}\n` };
}
