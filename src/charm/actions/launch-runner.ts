import type { Built } from '../../model/unit/built.ts';
import type { DesiredImages } from '../../model/unit/desired-images.ts';
import { InputError } from '../../model/errors.ts';
import { isSameImage } from '../../model/run-config.ts';
import type { Trial } from '../../model/job/trial.ts';
import { BUILD_CLOUD } from '../desired.ts';
import { observeHost } from '../observe.ts';
import type { ObservedModel } from '../observed.ts';
import { listConsumers } from '../relations/consumers.ts';
import { type Action, type ActionContext, type ActionResults, readText } from './action.ts';
import { requestJob } from './request-job.ts';
import { shown } from './steering/steer.ts';

/** Requests the trial of an image as a runner, in the build cloud or in the cloud of a consumer. */
export const launchRunnerAction: Action = {
  results: {
    id: 'the id of the trial; `show-build` reports its outcome',
    image: 'the name of the image',
    'image-id': 'its id in the cloud in which it is tried',
  },
  perform: requestTrial,
};

async function requestTrial(context: ActionContext): Promise<ActionResults> {
  const { params, host, logger, clock, observeModel, newBuildId } = context;
  const model = await observeModel();
  const { path: githubPath, group: githubGroup, apiUrl: githubApiUrl, workflow } = readGithub(model);
  const timeout = Number(params['timeout-minutes']) * 60; // Juju checks its type and limits
  const { desired, built } = await observeHost(host, logger, clock);
  const place = findPlace(readText(params, 'consumer'), model);
  const images = desired === undefined ? [] : listImages(desired.images, built, place);
  const { imageName, imageId } = chooseImage(readText(params, 'image'), images, place);
  const jobId = newBuildId();
  const github = { githubPath, githubGroup, githubApiUrl, workflow };
  const { cloudId } = place;
  const trial = { imageName, cloudId, imageId, network: readText(params, 'network'), timeout, ...github };
  await requestJob({ kind: 'trial', jobId, trial }, model, context);
  return { id: jobId, image: imageName, 'image-id': imageId };
}

/** Returns the options of GitHub. Throws InputError when options are invalid or one that trials need is not set. */
function readGithub({ settings, problems }: ObservedModel) {
  const [problem] = problems;
  if (problem !== undefined) throw new InputError([problem]);
  const github = settings?.config.github;
  const missing = [...(github?.path ? [] : ['github-path']), ...(github?.secret ? [] : ['github-secret'])];
  if (github !== undefined && missing.length === 0) return github;
  throw new InputError([`set ${missing.join(', ')}: a runner is registered at GitHub for its trial`]);
}

type FoundImage = Pick<Trial, 'imageName' | 'imageId'> & { readonly createdAt: string };

/** The cloud of a trial. */
interface Place {
  readonly cloudId: string;
  /** The cloud as the operator knows it. */
  readonly name: string;
}

/** Finds the cloud of a consumer, which is an application or a unit; the build cloud for none. Throws InputError. */
function findPlace(consumer: string, { relations }: ObservedModel): Place {
  if (consumer === '') return { cloudId: BUILD_CLOUD, name: 'the build cloud' };
  const found = relations.flatMap((relation) =>
    listConsumers([relation]).map((one) => ({ ...one, application: relation.application })),
  );
  const chosen = found.find(({ application, unit }) => application === consumer || unit === consumer);
  if (chosen !== undefined) return { cloudId: chosen.cloudId, name: `the cloud of ${chosen.unit}` };
  const known = found.map(({ unit }) => unit).join(', ') || 'a consumer with credentials';
  throw new InputError([`consumer: expected the application or unit of ${known}; got ${shown(consumer)}`]);
}

/** Lists the newest active image of each name in a cloud, the newest first. */
function listImages(
  images: DesiredImages,
  built: Built | undefined,
  place: Pick<Place, 'cloudId'>,
): readonly FoundImage[] {
  const found = built?.clouds.find(({ cloudId }) => cloudId === place.cloudId)?.images ?? [];
  return [...images]
    .flatMap(([imageName, { image }]) =>
      found
        .filter((each) => isSameImage(each, image))
        .map(({ imageId, details }) => ({ imageName, imageId, createdAt: details?.createdAt ?? '' })),
    )
    .toSorted((one, other) => (Date.parse(other.createdAt) || 0) - (Date.parse(one.createdAt) || 0));
}

function chooseImage(
  wanted: string,
  images: readonly FoundImage[],
  { name }: Pick<Place, 'name'>,
): FoundImage {
  const [newest] = images;
  if (newest === undefined) throw new InputError([`${name} has no image yet: see list-builds`]);
  if (wanted === '') return newest;
  const chosen = images.find(({ imageName, imageId }) => imageName === wanted || imageId === wanted);
  if (chosen !== undefined) return chosen;
  const known = images.map(({ imageName }) => imageName).join(', ');
  throw new InputError([`image: expected one of ${known}, or the id of one of them, got ${shown(wanted)}`]);
}
