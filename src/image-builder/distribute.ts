import type { Delivery } from '../model/delivery.ts';
import { diskFormatOf } from '../model/disk-format.ts';
import { InputError, ProductError } from '../model/errors.ts';
import type { Cloud, CloudConnection } from '../openstack/cloud.ts';
import { openImageData } from '../openstack/image-data.ts';
import { type Image, findImage } from '../openstack/images.ts';
import type { RangedSource } from '../system/fan-out.ts';
import type { Lane } from '../system/lane.ts';
import { type Convoy, openConvoy } from './convoy.ts';
import { type Cargo, createCopy, discardCopy, fillCopy, findCopy } from './deliver.ts';
import { type Step, runSteps } from './steps.ts';
import type { Tools } from './tools.ts';

const ATTEMPTS = 3;
const RETRY_DELAY_MS = 5000;

/** What to put where. */
export interface DistributionRequest {
  /** The cloud that has the image. */
  readonly cloudName: string;
  readonly imageId: string;
  /** Keys of clouds.yaml, each once. */
  readonly destinations: readonly string[];
}

/** What became of a distribution. */
export interface Distribution {
  readonly imageName: string;
  readonly deliveries: readonly Delivery[];
}

/**
 * Puts an active image into other clouds: read once, written to all of them at the same time, without a local file. A
 * cloud that fails is tried again by itself, and tells at last why; it holds up no other. Deliveries come in the order
 * of the destinations. Throws only when the image itself cannot be read, or the work is stopped.
 */
export async function distribute(request: DistributionRequest, tools: Tools): Promise<Distribution> {
  const connection = await tools.connect(request.cloudName);
  const source = connection.under(tools.signal);
  return runSteps(tools, async (step) => {
    const { cargo, convoy } = await step('read image', () => openCargo(source, request, tools));
    const deliveries = request.destinations.map((name) => deliver(name, source, cargo, convoy, step, tools));
    return { imageName: cargo.image.name, deliveries: await allOrFirstFailure(deliveries) };
  });
}

/** Waits for all of them, also when one fails: whatever they made they unmake themselves. */
async function allOrFirstFailure<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

async function openCargo(source: Cloud, { imageId, destinations }: DistributionRequest, tools: Tools) {
  const image = await findImage(source, imageId);
  if (image?.status !== 'active' || image.size === undefined) {
    const got = image === undefined ? 'none that the project sees' : `one that is ${image.status}`;
    throw new InputError([`image ${imageId} in cloud ${source.name}: expected an active image, got ${got}`]);
  }
  const data: RangedSource = {
    size: image.size,
    open: (offset, signal) => openImageData(source, imageId, offset, signal),
  };
  const diskFormat = diskFormatOf(await readHead(data, tools.signal), image.diskFormat);
  const isHashed = image.hash === undefined && image.checksum === undefined;
  const convoy = openConvoy(data, destinations.length, {
    clock: tools.clock,
    signal: tools.signal,
    isHashed,
  });
  return { cargo: { image, size: image.size, diskFormat, hashes: convoy.hashes }, convoy };
}

async function readHead(data: RangedSource, signal: AbortSignal): Promise<Uint8Array> {
  for await (const chunk of await data.open(0, signal)) return chunk as Uint8Array; // leaving closes the stream
  return new Uint8Array();
}

/** One cloud's delivery, however often it is tried. */
async function deliver(
  name: string,
  source: Cloud,
  cargo: Cargo,
  convoy: Convoy,
  step: Step,
  tools: Tools,
): Promise<Delivery> {
  const begun = tools.clock.now();
  const joining = once(convoy);
  let attempts = 0;
  const act = async () => {
    for (;;) {
      attempts += 1;
      try {
        return await attempt(name, source, cargo, joining, tools);
      } catch (error) {
        joining.leave();
        if (attempts >= ATTEMPTS || !isWorthRepeating(error)) throw error;
        tools.warn(`cloud ${name}: ${error instanceof Error ? error.message : String(error)}; trying again`);
        await tools.clock.sleep(RETRY_DELAY_MS * attempts, tools.signal);
      }
    }
  };
  const seconds = (): number => Math.round((tools.clock.now() - begun) / 100) / 10;
  try {
    const arrived = await step(`copy image to ${name}`, act);
    return { cloud: name, ...arrived, attempts, seconds: seconds() };
  } catch (error) {
    if (error instanceof ProductError && error.kind === 'cancelled') throw error;
    const kind = error instanceof ProductError ? error.kind : 'bug';
    const reason = error instanceof Error ? error.message : String(error);
    return { cloud: name, outcome: 'failed', kind, reason, attempts, seconds: seconds() };
  }
}

/** A cloud's place in the convoy: it joins or leaves once; whatever it does later it does by itself. */
function once(convoy: Convoy) {
  let isCounted = false;
  return {
    join: (): Promise<Lane> => {
      const late = isCounted;
      isCounted = true;
      return convoy.join(late ? 'by itself' : 'together');
    },
    leave: (): void => {
      if (!isCounted) convoy.leave();
      isCounted = true;
    },
  };
}

function isWorthRepeating(error: unknown): boolean {
  return error instanceof ProductError && (error.kind === 'unavailable' || error.kind === 'build');
}

type Arrived = Pick<Extract<Delivery, { imageId: string }>, 'imageId' | 'outcome' | 'provenBy'>;

async function attempt(
  name: string,
  source: Cloud,
  cargo: Cargo,
  joining: ReturnType<typeof once>,
  tools: Tools,
): Promise<Arrived> {
  const connection = await tools.connect(name);
  const cloud = connection.under(tools.signal);
  const there = (await isSameProject(source, cloud))
    ? { imageId: cargo.image.id, outcome: 'itself' as const, provenBy: 'hash' as const }
    : await findCopy(cloud, cargo).then((copy) => {
        return copy && { imageId: copy.id, outcome: 'already there' as const, provenBy: copy.provenBy };
      });
  if (there !== undefined) {
    joining.leave();
    return there;
  }
  const copy = await createCopy(cloud, cargo, tools);
  const data = await joinOrDiscard(joining, connection, copy, tools);
  const provenBy = await fillCopy(connection, copy, cargo, data, tools);
  return { imageId: copy.id, outcome: 'copied', provenBy };
}

async function joinOrDiscard(
  joining: ReturnType<typeof once>,
  connection: CloudConnection,
  copy: Image,
  tools: Tools,
): Promise<Lane> {
  try {
    return await joining.join();
  } catch (error) {
    await discardCopy(connection, copy.id, tools);
    throw error;
  }
}

/** The same project of the same Glance: there the image is at home already. */
async function isSameProject(a: Cloud, b: Cloud): Promise<boolean> {
  const [first, second] = await Promise.all([a.identity.getToken(), b.identity.getToken()]);
  if (first.projectId !== second.projectId) return false;
  return a.authUrl === b.authUrl || a.imageEndpoint(first) === b.imageEndpoint(second);
}
