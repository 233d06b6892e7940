import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { loadCompiled, notice } from './reference-parts.js';

/**
 * Renders the help texts of the programs and their commands.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderProgram(root) {
  const builder = 'github-runner-image-builder';
  const commands = await listCommands(root);
  const calls = [[builder], ...commands.map((command) => [builder, ...command.split(' ')]), ['scheduler']];
  const sections = calls.map(
    (call) => `## ${call.join(' ')}\n\n\`\`\`text\n${readHelp(root, call).trimEnd()}\n\`\`\``,
  );
  return ['# The programs', notice('the help texts'), ...sections].join('\n\n');
}

/**
 * Lists the names of the builder's commands, with the words of their groups.
 * @param {string} root
 * @returns {Promise<string[]>}
 */
async function listCommands(root) {
  return listLeaves(await declareProgram(root)).map(({ name }) => name);
}

/**
 * Lists the commands that have no commands below them, with the words of their groups.
 * @param {import('commander').Command} parent
 * @param {readonly string[]} words
 * @returns {{ name: string, command: import('commander').Command }[]}
 */
export function listLeaves(parent, words = []) {
  return parent.commands.flatMap((command) => {
    const path = [...words, command.name()];
    return command.commands.length > 0 ? listLeaves(command, path) : [{ name: path.join(' '), command }];
  });
}

/**
 * Returns the builder's command line, as the program declares it.
 * @param {string} root
 */
export async function declareProgram(root) {
  const { createProgram } = await loadCompiled(root, 'cli/declare-commands');
  const ignore = () => undefined;
  return createProgram(ignore, { out: ignore, err: ignore }, '0.0.0');
}

function readHelp(root, [program, ...command]) {
  const script = join(root, `dist/charm/dist/bin/${program}.js`);
  return execFileSync(execPath, [script, ...command, '--help'], { encoding: 'utf8', env: {} });
}
