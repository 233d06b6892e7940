import type { CloudOpener, Deadlines, Maker, Recorder, RunSettings } from '../image-builder/context.ts';
import { getLatestBuildId } from '../image-builder/store.ts';
import type { Arch } from '../model/image/arch.ts';
import type { Base } from '../model/image/base.ts';
import { uuid } from '../model/decode.ts';
import { InputError } from '../model/errors.ts';
import type { CloudsYaml } from '../openstack/login/clouds-yaml.ts';
import { type Image, findImage } from '../openstack/images.ts';
import { getFirstAccess } from './first-access.ts';
import { OpenstackManager } from './openstack-manager.ts';

/** The image of a runner: one of the cloud, a file to upload, or the newest that was uploaded. */
export interface ImageChoice {
  /** The name or id of an image; empty for one of the others. */
  readonly image: string;
  /** The path of a disk image to upload; empty for the newest that was uploaded. */
  readonly imageFile: string;
  readonly keepRevisions: number;
  readonly base: Base;
  readonly arch: Arch;
}

type ChoiceContext = CloudOpener & Deadlines & Maker & Recorder & Pick<RunSettings, 'ownerFilter'>;

/** Returns the image to launch a runner from. Uploads it when it is a file. Throws InputError when there is none. */
export async function chooseImage(
  cloudConfig: CloudsYaml,
  { image, imageFile, keepRevisions: numRevisions, base, arch }: ImageChoice,
  context: ChoiceContext,
): Promise<Pick<Image, 'id' | 'name'>> {
  const appName = context.owner.application;
  const manager = new OpenstackManager(cloudConfig, { ...context, warn: () => undefined }); // the launch warns
  if (imageFile !== '') {
    const upload = { arch, appName, base, numRevisions, srcPath: imageFile };
    return findNamed(cloudConfig, await manager.uploadImage(upload), context);
  }
  if (image !== '') return findNamed(cloudConfig, image, context);
  const id = await manager.getLatestImageId(base, appName, arch);
  if (id !== undefined) return findNamed(cloudConfig, id, context);
  const what = `an image of ${base}, ${appName} and ${arch} that was uploaded`;
  throw new InputError([
    `--image: expected a name or an id, or ${what}, found none; list the images with \`list\``,
  ]);
}

/** Returns the image with this id, or the newest active one with this name. */
async function findNamed(
  cloudConfig: CloudsYaml,
  nameOrId: string,
  context: CloudOpener & Pick<RunSettings, 'signal' | 'ownerFilter'> & Pick<Recorder, 'warn'>,
): Promise<Pick<Image, 'id' | 'name'>> {
  const access = getFirstAccess(cloudConfig, context);
  const connection = await context.openCloud(access);
  const connect = () => Promise.resolve(connection);
  const isId = uuid(nameOrId, '', []) !== undefined;
  const id = isId ? nameOrId : await getLatestBuildId(access.name, nameOrId, { ...context, connect });
  const image = id === '' ? undefined : await findImage(connection.withSignal(context.signal), id);
  if (image !== undefined) return image;
  throw new InputError([
    `--image: expected the name or id of an active image in cloud ${access.name}, got ${nameOrId}; list the images with \`list\``,
  ]);
}
