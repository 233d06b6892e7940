import { InputError, ProductError } from '../../model/errors.ts';
import { encodeJobOwner } from '../../model/job/job-arguments.ts';
import { type GithubAuth, readGithubLogin } from '../../model/github-login.ts';
import type { HostSecrets } from '../../model/job/host-secrets.ts';
import { type JobOrder, type OrderOf, parseJobOrder } from '../../model/job/job-order.ts';
import type { RunConfig } from '../../model/run-config.ts';
import { Secret } from '../../model/secret.ts';
import { type Call, defineCommand } from './command.ts';
import { NO_SECRETS, findServices, requestFor } from './order-by-hand.ts';
import { readSecrets } from '../read-secrets.ts';
import type { JobSecrets } from '../request.ts';
import { readSshPort } from '../settings.ts';

/** The descriptor on which a job inherits secrets.json from the daemon. */
const SECRETS_DESCRIPTOR = 3;

/** The secrets changed between the plan and the start of the job. */
class OutdatedOrderError extends ProductError {
  readonly kind = 'unavailable';
}

/** Runs the order in the working folder. Both outputs are JSON. */
export const JOB = defineCommand({
  name: 'job',
  about: 'Runs the job order in ./order.json. Used by the charm.',
  args: ['<kind>', '<id>'],
  options: {},
  toRequest: (_values, call) => {
    const order = findOrder(call);
    return requestFor(
      { ...order, sshPort: order.sshPort ?? readSshPort(call.reader, call.host) },
      readJobSecrets(order, call),
      { ...call.settings, format: 'json', logFormat: 'json', isOwnerGiven: true },
    );
  },
});

/** Reads the order. Throws InputError when the command line names another job. */
function findOrder({ args: [kind, id], reader, host }: Call): JobOrder {
  const order = parseJobOrder(host.readOrder());
  const named = `${kind ?? ''} ${id ?? ''} of ${reader.text('owner')}`;
  const found = `${order.kind} ${order.id} of ${encodeJobOwner(order.owner)}`;
  if (found !== named) throw new InputError([`order.json: expected the job ${named}, got ${found}`]);
  return order;
}

/** Reads the values that the order refers to. An order without run configs uses the proxies of the model as well. */
function readJobSecrets(order: JobOrder, call: Call): JobSecrets {
  const secrets = readSecrets(SECRETS_DESCRIPTOR, call.host);
  const none = new Secret('');
  const proxies =
    findServices(order)?.proxy === '' ? { http: none, https: none, noProxy: none } : secrets.proxy;
  const proxy = { ...proxies, source: 'model' } as const;
  return {
    ...NO_SECRETS,
    ...(order.kind === 'build' ? readScript(order, secrets, call) : {}),
    ...(order.kind === 'preflight' ? readScriptUrl(order.entries[0], secrets, call) : {}),
    proxy,
    guestProxy: order.kind === 'build' || order.kind === 'layer' ? proxy : undefined,
    openstackCa: secrets.openstackCa,
    github: order.kind === 'trial' ? readGithub(secrets) : undefined,
  };
}

/** Reads the script of a build. Throws OutdatedOrderError when the secrets changed after the order. */
function readGithub({ github }: HostSecrets): GithubAuth {
  const login = readGithubLogin(github);
  if (typeof login === 'string') throw new InputError([`github of secrets.json: ${login}`]);
  return login;
}

function readScript(
  order: OrderOf<'build'>,
  { generation, scriptUrl, scriptSecrets }: HostSecrets,
  { reader }: Call,
): Pick<JobSecrets, 'scriptUrl' | 'scriptSecrets'> {
  if (order.secretsGeneration !== undefined && order.secretsGeneration !== generation) {
    const message = `secrets.json: expected generation ${order.secretsGeneration} of the order, got ${generation}`;
    throw new OutdatedOrderError(`${message}; the job will be planned again`);
  }
  const url = readScriptUrl(order.entry, { scriptUrl }, { reader });
  return { ...url, scriptSecrets: new Map(Object.entries(scriptSecrets)) };
}

function readScriptUrl(
  { image }: RunConfig,
  { scriptUrl }: Pick<HostSecrets, 'scriptUrl'>,
  { reader }: Pick<Call, 'reader'>,
): Pick<JobSecrets, 'scriptUrl'> {
  const url = image.scriptUrl === '' ? '' : scriptUrl.reveal();
  reader.checkUrl(url, 'scriptUrl of secrets.json');
  return { scriptUrl: new Secret(url) };
}
