import { listPastJobs } from '../../builder/jobs/past-jobs.ts';
import { findBase } from '../../model/image/base.ts';
import { type Channel, NO_CHANNEL, parseChannel } from '../../model/image/channel.ts';
import { InputError } from '../../model/errors.ts';
import type { ImageVariant } from '../../model/run-config.ts';
import type { ObservedModel } from '../observed.ts';
import { findObstacle } from '../status/unit-status.ts';
import { type Action, type ActionContext, type ActionResults, readText, requireLeader } from './action.ts';
import { placeOf } from './describe-job.ts';

/** The word for the images without the snap. */
const NONE = 'none';

/** Requests a build of every image, or of those with some base and channels, and returns the build ids at once. */
export const runAction: Action = {
  results: {
    'build-ids': 'the ids of the builds, comma-separated, in the order of the images',
    images: 'the names of the images, comma-separated',
  },
  perform: requestBuilds,
};

async function requestBuilds(context: ActionContext): Promise<ActionResults> {
  const { taskId, params, host, observeModel, request, newBuildId } = context;
  const model = await observeModel();
  requireLeader(model, 'run');
  const obstacle = findObstacle(model);
  if (obstacle !== undefined) throw new InputError([obstacle.message]);
  const variants = readVariants(params, model);
  const past = await listPastJobs(placeOf(model, host));
  const endedBuilds = past.flatMap(({ job, end }) => (end === undefined ? [] : [job.buildId]));
  const { desired } = await request(model, { action: taskId, variants, newBuildId, endedBuilds });
  const builds = desired?.requests.find(({ action }) => action === taskId)?.builds ?? [];
  return {
    'build-ids': builds.map(({ buildId }) => buildId).join(','),
    images: builds.map(({ imageName }) => imageName).join(','),
  };
}

/** Returns the parameters that narrow the images. Throws InputError with all that name none. */
function readVariants(params: ActionContext['params'], { settings }: ObservedModel): Partial<ImageVariant> {
  const problems: string[] = [];
  const { bases = [], jujuChannels = [], microk8sChannels = [] } = settings?.config ?? {};
  const refuse = (name: string, option: string, known: readonly string[], given: string): void => {
    problems.push(`${name}: expected one of the option ${option} (${known.join(', ')}), got ${given}`);
  };
  const readBase = (): Partial<ImageVariant> => {
    const given = readText(params, 'base');
    if (given === '') return {};
    const base = findBase(given);
    if (base !== undefined && bases.includes(base)) return { base };
    refuse('base', 'base-image', bases, given);
    return {};
  };
  const readChannel = (name: 'juju' | 'microk8s', channels: readonly Channel[]): Partial<ImageVariant> => {
    const given = readText(params, name);
    if (given === '') return {};
    if (given.toLowerCase() === NONE) return { [name]: NO_CHANNEL };
    const channel = parseChannel(given);
    if (channel !== undefined && channels.includes(channel)) return { [name]: channel };
    refuse(name, `${name}-channels`, [NONE, ...channels], given);
    return {};
  };
  const variants = {
    ...readBase(),
    ...readChannel('juju', jujuChannels),
    ...readChannel('microk8s', microk8sChannels),
  };
  if (problems.length > 0) throw new InputError(problems);
  return variants;
}
