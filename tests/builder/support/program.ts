/**
 * A stand-in for the program. It does what `script.json` in its HOME says for the kind of its order, or for kind and
 * image (`build n`), and writes down in `calls/<pid>.json` what it was given: arguments, order, environment, working
 * folder and secrets. A command line of version 0.1.0 counts as kind and image (`run n`).
 */
export const PROGRAM = `
import { existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

const args = process.argv.slice(2);
const home = process.env.HOME;
const script = existsSync(home + '/script.json') ? JSON.parse(readFileSync(home + '/script.json', 'utf8')) : {};
const isJob = args[0] === 'job';
const order = isJob && existsSync('order.json') ? JSON.parse(readFileSync('order.json', 'utf8')) : undefined;
const [kind, image] = isJob ? [args[1], order?.imageName] : args;
const act = script[kind + ' ' + image] ?? script[kind] ?? {};
const secrets = order?.kind === 'build' ? readFileSync(3, 'utf8') : undefined;
const say = (value) => writeSync(1, JSON.stringify(value) + '\\n');
process.on('SIGTERM', () => {
  if (act.ignoresTerm) return;
  say({ error: { kind: 'cancelled', type: 'CancelledError', message: 'stopped by SIGTERM', step: '', leftovers: [] } });
  process.exit(143);
});
for (const line of act.stderr ?? []) writeSync(2, line + '\\n');
mkdirSync(home + '/calls', { recursive: true });
const call = { args, order, env: process.env, cwd: process.cwd(), secrets };
writeFileSync(home + '/calls/.' + process.pid, JSON.stringify(call));
const { renameSync } = await import('node:fs');
renameSync(home + '/calls/.' + process.pid, home + '/calls/' + process.pid + '.json');
while (act.holdUntil !== undefined && !existsSync(act.holdUntil)) await new Promise((go) => setTimeout(go, 10));
if (act.stdout !== undefined) writeSync(1, act.stdout);
else say(act.result ?? {});
process.exit(act.exitCode ?? 0);
`;
