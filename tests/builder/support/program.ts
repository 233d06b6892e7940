/**
 * A fake program. Its behaviour is read from `script.json` in its HOME, by the kind of the order or by kind and image
 * (`build n`). It records its arguments, order, environment, working folder and secrets in `calls/<pid>.json`. A
 * command line of version 0.1.0 counts as kind and image (`run n`).
 */
export const PROGRAM = `
import { existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

const args = process.argv.slice(2);
const home = process.env.HOME;
const script = existsSync(home + '/script.json') ? JSON.parse(readFileSync(home + '/script.json', 'utf8')) : {};
const isJob = args[0] === 'job';
const order = isJob && existsSync('order.json') ? JSON.parse(readFileSync('order.json', 'utf8')) : undefined;
const [kind, image] = isJob ? [args[1], order?.imageName] : args;
const behaviour = script[kind + ' ' + image] ?? script[kind] ?? {};
const secrets = order === undefined ? undefined : readFileSync(3, 'utf8');
const print = (value) => writeSync(1, JSON.stringify(value) + '\\n');
process.on('SIGTERM', () => {
  if (behaviour.ignoresTerm) return;
  print({ error: { kind: 'cancelled', type: 'CancelledError', message: 'stopped by SIGTERM', step: '', leftovers: [] } });
  process.exit(143);
});
for (const line of behaviour.stderr ?? []) writeSync(2, line + '\\n');
mkdirSync(home + '/calls', { recursive: true });
const call = { args, order, env: process.env, cwd: process.cwd(), secrets };
writeFileSync(home + '/calls/.' + process.pid, JSON.stringify(call));
const { renameSync } = await import('node:fs');
renameSync(home + '/calls/.' + process.pid, home + '/calls/' + process.pid + '.json');
while (behaviour.holdUntil !== undefined && !existsSync(behaviour.holdUntil)) await new Promise((go) => setTimeout(go, 10));
while (behaviour.neverEnds === 'output') writeSync(1, 'x'.repeat(65536));
for (const kept = []; behaviour.neverEnds === 'memory'; ) kept.push(new Array(100_000).fill({}));
while (behaviour.neverEnds === 'work') Math.sqrt(2);
if (behaviour.stdout !== undefined) writeSync(1, behaviour.stdout);
else print(behaviour.result ?? {});
process.exit(behaviour.exitCode ?? 0);
`;
