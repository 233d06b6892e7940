// Every hook tool, juju-exec and systemctl of the double: it asks the process that holds the model, and prints
// its answer. Which of them it is, its name tells.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { argv, cwd, env, exit, stderr, stdin, stdout } from 'node:process';
import { URL } from 'node:url';

const HOST_PROGRAMS = ['juju-exec', 'systemctl'];
const [, self, ...args] = argv;
const command = basename(self);

function fail(message) {
  stderr.write(`ERROR ${message}\n`, () => exit(1));
  return new Promise(() => undefined);
}

async function findSocket() {
  if (HOST_PROGRAMS.includes(command)) return readFileSync(new URL('host-socket', import.meta.url), 'utf8');
  for (const name of ['JUJU_CONTEXT_ID', 'JUJU_AGENT_SOCKET_ADDRESS', 'JUJU_AGENT_SOCKET_NETWORK']) {
    if (!env[name]) await fail(`${name} not set`);
  }
  return env.JUJU_AGENT_SOCKET_ADDRESS;
}

async function ask(socket, input) {
  const request = { command, args, dir: cwd(), contextId: env.JUJU_CONTEXT_ID, stdin: input };
  const connection = connect(socket);
  connection.end(JSON.stringify(request));
  const chunks = [];
  try {
    for await (const chunk of connection) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    return fail(
      `dial unix ${socket}: ${error.code === 'ENOENT' ? 'connect: no such file or directory' : error.message}`,
    );
  }
}

async function readInput() {
  const chunks = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const socket = await findSocket();
let answer = await ask(socket);
if (answer === 'stdin required') answer = await ask(socket, await readInput());
await new Promise((resolve) => stdout.write(answer.stdout, resolve));
await new Promise((resolve) => stderr.write(answer.stderr, resolve));
exit(answer.code);
