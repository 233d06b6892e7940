import { InputError, ProductError } from '../../model/errors.ts';
import { encodeJobOwner } from '../../model/job-arguments.ts';
import { type JobOrder, type OrderOf, parseJobOrder } from '../../model/job-order.ts';
import { Secret } from '../../model/secret.ts';
import { type Call, defineCommand } from './command.ts';
import { NO_SECRETS, requestFor } from './order-by-hand.ts';
import { readSecrets } from '../read-secrets.ts';
import type { JobSecrets } from '../request.ts';
import { readSshPort } from '../settings.ts';

/** The descriptor on which a build inherits secrets.json from the daemon. */
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
      order.kind === 'build' ? readJobSecrets(order, call) : NO_SECRETS,
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

/** Reads the values that the order refers to. */
function readJobSecrets(order: OrderOf<'build'>, { reader, host }: Call): JobSecrets {
  const { generation, scriptUrl, scriptSecrets } = readSecrets(SECRETS_DESCRIPTOR, host);
  if (order.secretsGeneration !== undefined && order.secretsGeneration !== generation) {
    const message = `secrets.json: expected generation ${order.secretsGeneration} of the order, got ${generation}`;
    throw new OutdatedOrderError(`${message}; the job will be planned again`);
  }
  const url = order.entry.image.scriptUrl === '' ? '' : scriptUrl.reveal();
  reader.checkUrl(url, 'scriptUrl of secrets.json');
  return { scriptUrl: new Secret(url), scriptSecrets: new Map(Object.entries(scriptSecrets)) };
}
