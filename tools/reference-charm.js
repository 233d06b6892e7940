import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCompiled, notice, wrap } from './reference-parts.js';

/**
 * Renders the charm's options, from config.yaml.
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
    `Set an option with \`juju config ${name} OPTION=VALUE\`. The unit's status lists all invalid options at once. While ` +
      'an option is invalid, images are kept fresh with the last valid options.',
  );
  return page('Options', 'config.yaml', [intro, ...sections]);
}

/**
 * Renders the charm's actions, from actions.yaml.
 * @param {string} root
 * @returns {Promise<string>}
 */
export async function renderActions(root) {
  const { name } = await readYaml(root, 'metadata.yaml');
  const actions = await readYaml(root, 'actions.yaml');
  const { ACTIONS } = await loadCompiled(root, 'charm/actions/actions');
  const sections = Object.entries(actions).map(([action, { description, params, required = [] }]) =>
    [
      `## ${action}`,
      `\`\`\`sh\n${['juju run', `${name}/leader`, action, ...required.map(assign)].join(' ')}\n\`\`\``,
      wrap(description),
      describeParams(params, required),
      describeResults(ACTIONS.get(action).results),
    ].join('\n\n'),
  );
  return page('Actions', 'actions.yaml and src/charm/actions', sections);
}

function describeDefault(preset) {
  if (preset === undefined) return 'no default';
  return preset === '' ? 'empty by default' : `default \`${preset}\``;
}

function describeParams(params = {}, required) {
  const names = Object.entries(params);
  if (names.length === 0) return 'The action has no parameters.';
  return names
    .map(([name, { type, default: preset, description }]) => {
      const need = required.includes(name) ? ', required' : '';
      const value = preset === undefined ? '' : `, ${describeDefault(preset)}`;
      return `- \`${name}\` (${type}${need}${value}): ${description}`;
    })
    .join('\n');
}

const assign = (name) => `${name}=${name.toUpperCase()}`;

function describeResults(results) {
  const lines = Object.entries(results).map(([name, description]) => `- \`${name}\`: ${description}`);
  return ['Results; those that do not apply are left out:', '', ...lines].join('\n');
}

function page(title, source, parts) {
  return [`# ${title}`, notice(source), ...parts].join('\n\n');
}

async function readYaml(root, path) {
  const { parseYaml } = await loadCompiled(root, 'system/yaml');
  return parseYaml(readFileSync(join(root, path), 'utf8'));
}
