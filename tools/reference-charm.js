import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCompiled, matchTexts, notice, wrap } from './reference-parts.js';

/** What each result of the action `run` is. */
const RESULTS = {
  'build-ids': 'the ids of the builds, in the order of the images, with commas between them',
  images: 'the names of the images, with commas between them',
};

/**
 * The charm's options, from config.yaml.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderOptions(root) {
  const { options } = await readYaml(root, 'config.yaml');
  const { name } = await readYaml(root, 'metadata.yaml');
  const sections = Object.entries(options).map(
    ([option, { type, default: preset, description }]) =>
      `## ${option}\n\n_${type}, ${describeDefault(preset)}_\n\n${wrap(description)}`,
  );
  const intro = wrap(
    `Set with \`juju config ${name} OPTION=VALUE\`. All problems are told at once in the unit's status, and images are ` +
      'kept fresh as they were wanted last until the options are right again.',
  );
  return page('Options', 'config.yaml', [intro, ...sections]);
}

/**
 * The charm's actions, from actions.yaml.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderActions(root) {
  const { name } = await readYaml(root, 'metadata.yaml');
  const actions = await readYaml(root, 'actions.yaml');
  const sections = Object.entries(actions).map(([action, { description, params }]) =>
    [
      `## ${action}`,
      `\`\`\`sh\njuju run ${name}/leader ${action}\n\`\`\``,
      wrap(description),
      describeParams(params),
      ...(action === 'run' ? [describeResults(root)] : []),
    ].join('\n\n'),
  );
  return page('Actions', "actions.yaml and the charm's class", sections);
}

function describeDefault(preset) {
  if (preset === undefined) return 'no default';
  return preset === '' ? 'empty by default' : `default \`${preset}\``;
}

function describeParams(params = {}) {
  const names = Object.entries(params);
  if (names.length === 0) return 'It has no parameters.';
  return names.map(([name, { type, description }]) => `- \`${name}\` (${type}): ${description}`).join('\n');
}

/** Of the action `run`, by the keys that the charm's class sets. */
function describeResults(root) {
  const charm = readFileSync(join(root, 'src/charm/charm.ts'), 'utf8');
  const [, body = ''] = /actionSet\(\{\n([^]*?)\n {4}\}\)/.exec(charm) ?? [];
  const names = [...body.matchAll(/^ {6}'?([\w-]+)'?:/gm)].map(([, name]) => name);
  matchTexts('actions.md', names, RESULTS);
  return ['Its results:', '', ...names.map((name) => `- \`${name}\`: ${RESULTS[name]}`)].join('\n');
}

function page(title, source, parts) {
  return [`# ${title}`, notice(source), ...parts].join('\n\n');
}

async function readYaml(root, path) {
  const { parseYaml } = await loadCompiled(root, 'system/yaml');
  return parseYaml(readFileSync(join(root, path), 'utf8'));
}
