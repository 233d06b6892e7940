import { getLatestBuildId, uploadImage } from '../image-builder/store.ts';
import type {
  CloudOpener,
  Clouds,
  Deadlines,
  Maker,
  Recorder,
  RunSettings,
} from '../image-builder/context.ts';
import { tokenOf } from '../image-builder/distribute/token-of.ts';
import type { Arch } from '../model/image/arch.ts';
import type { Base } from '../model/image/base.ts';
import { GetImageError, OpenstackConnectionError, ProductError, UploadImageError } from '../model/errors.ts';
import type { CloudAccess } from '../openstack/login/cloud-access.ts';
import type { CloudsYaml } from '../openstack/login/clouds-yaml.ts';
import { type Project, listVisibleProjects } from '../openstack/projects.ts';
import { getFirstAccess } from './first-access.ts';

/** The template of the names of images that `OpenstackManager` uploads. */
export const IMAGE_NAME_TMPL = '{IMAGE_BASE}-{APP_NAME}-{ARCH}';

/** A disk image to upload, and the parts of its name. */
export interface UploadImageConfig {
  readonly arch: Arch;
  /** The application that manages the image. */
  readonly appName: string;
  readonly base: Base;
  /** The number of revisions to keep, the new one included; all are kept when undefined. */
  readonly numRevisions: number | undefined;
  /** The path of the disk image, qcow2 or raw. */
  readonly srcPath: string;
}

/** Everything that the access to the cloud of a parsed clouds.yaml uses. */
export type CloudConfigContext = CloudOpener & Pick<RunSettings, 'signal'> & Pick<Recorder, 'warn'>;

type ManagerContext = CloudConfigContext & Deadlines & Maker & Recorder & Pick<RunSettings, 'ownerFilter'>;

/** The images in the first cloud of a clouds.yaml. The first call logs in. */
export class OpenstackManager {
  readonly #access: CloudAccess;
  readonly #context: ManagerContext;

  /** Decodes the first entry of a parsed clouds.yaml. Throws CloudsYAMLError. */
  constructor(cloudConfig: CloudsYaml, context: ManagerContext) {
    this.#access = getFirstAccess(cloudConfig, context);
    this.#context = context;
  }

  /**
   * Uploads a disk image as a new revision, then prunes older ones. Returns the image's id. Throws UnauthorizedError, or
   * UploadImageError, also as the cause of StepFailedError; nothing of the image is left then.
   */
  async uploadImage(config: UploadImageConfig): Promise<string> {
    const { arch, appName, base, numRevisions, srcPath } = config;
    const clouds = await this.#logIn().catch((cause: unknown) => {
      throw cause instanceof OpenstackConnectionError
        ? new UploadImageError(cause.message, { cause })
        : cause;
    });
    const request = {
      arch,
      cloudName: this.#access.name,
      imageName: renderImageName(base, appName, arch),
      imagePath: srcPath,
      keepRevisions: numRevisions,
    };
    return (await uploadImage(request, { ...this.#context, ...clouds })).id;
  }

  /**
   * Returns the id of the newest active image of this base, application and architecture, or undefined when there is
   * none. Throws UnauthorizedError or GetImageError.
   */
  async getLatestImageId(imageBase: Base, appName: string, arch: Arch): Promise<string | undefined> {
    const clouds = await this.#logIn().catch((cause: unknown) => {
      throw cause instanceof OpenstackConnectionError ? new GetImageError(cause.message, { cause }) : cause;
    });
    const name = renderImageName(imageBase, appName, arch);
    const id = await getLatestBuildId(this.#access.name, name, { ...this.#context, ...clouds });
    return id === '' ? undefined : id;
  }

  /** Logs in. Throws UnauthorizedError or OpenstackConnectionError. */
  async #logIn(): Promise<Clouds> {
    const connection = await this.#context.openCloud(this.#access);
    await asConnection(() => tokenOf(connection.withSignal(this.#context.signal)));
    return { connect: () => Promise.resolve(connection) };
  }
}

/**
 * Lists the projects of the first cloud of a clouds.yaml: all of them for an admin, otherwise those that the user may use.
 * Throws CloudsYAMLError, UnauthorizedError or OpenstackConnectionError.
 */
export async function listProjects(
  cloudConfig: CloudsYaml,
  context: CloudConfigContext,
): Promise<readonly Project[]> {
  const connection = await context.openCloud(getFirstAccess(cloudConfig, context));
  return asConnection(() => listVisibleProjects(connection.withSignal(context.signal)));
}

/** Returns the name of the image of this base, application and architecture. */
export function renderImageName(base: Base, appName: string, arch: Arch): string {
  return IMAGE_NAME_TMPL.replace('{IMAGE_BASE}', () => base)
    .replace('{APP_NAME}', () => appName)
    .replace('{ARCH}', () => arch);
}

async function asConnection<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof ProductError) || cause.kind !== 'unavailable') throw cause;
    throw new OpenstackConnectionError(cause.message, { cause });
  }
}
