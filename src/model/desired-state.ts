import { ARCHES, type Arch } from './arch.ts';
import { BASES, type Base } from './base.ts';
import type { Channel } from './channel.ts';
import {
  type Decoder,
  anyString,
  decode,
  fields,
  flag,
  integer,
  list,
  oneOf,
  optional,
  text,
  withDefault,
} from './decode.ts';
import { parseJsonText } from './json-text.ts';
import { InputError } from './errors.ts';

/** What the images are to be. */
export interface DesiredImages {
  readonly arch: Arch;
  readonly bases: readonly Base[];
  readonly jujuChannels: readonly Channel[];
  readonly microk8sChannels: readonly Channel[];
  /** What image names begin with: the application. */
  readonly prefix: string;
  /** The GitHub runner's version; empty: the latest. */
  readonly runnerVersion: string;
  /** An HMAC, with the unit's key, of the script's URL and its secrets; empty without a script. */
  readonly scriptDigest: string;
  readonly cloudImagesUrl: string;
  readonly runnerReleasesUrl: string;
}

/** How they are built. */
export interface DesiredBuild {
  /** The key in clouds.yaml of the cloud to build on. */
  readonly cloud: string;
  /** Which project of which cloud that is: what was prepared in another one does not serve. */
  readonly project: string;
  /** Empty: chosen by the builder. */
  readonly flavor: string;
  readonly network: string;
  readonly maxParallel: number;
  readonly keepRevisions: number;
}

/** A unit that put complete credentials on its relation; its cloud is an entry of clouds.yaml of its own. */
export interface Consumer {
  readonly relationId: number;
  readonly unit: string;
  readonly cloudId: string;
}

/** What one relation's databag tells its consumer, as far as the charm knows. */
export interface Publication {
  readonly relationId: number;
  /** All ids that stand in the databag, or are being written to it. */
  readonly imageIds: readonly string[];
  /** Was it read back just so, with nothing being written? */
  readonly isSettled: boolean;
}

/** Builds that an action asked for. */
export interface BuildRequest {
  /** The action's task id. */
  readonly action: string;
  readonly builds: readonly { readonly imageName: string; readonly buildId: string }[];
}

/** What the charm wants of the daemon: desired.json. No secret is in it. */
export interface DesiredState {
  readonly format: 1;
  /** Grows whenever anything below changes. */
  readonly generation: number;
  readonly unit: string;
  readonly application: string;
  readonly modelUuid: string;
  /** Of an application's units only the leader works; the others look, and publish what they see. */
  readonly role: 'works' | 'observes';
  /** The generation that clouds.yaml and secrets.json must have; until then the daemon rests. */
  readonly credentialsGeneration: number;
  readonly images: DesiredImages;
  readonly build: DesiredBuild;
  readonly consumers: readonly Consumer[];
  /** One for each `image` relation; absent: not known, and then nothing is pruned. */
  readonly published: readonly Publication[] | undefined;
  /** Not yet answered, the oldest first. */
  readonly requests: readonly BuildRequest[];
}

const decoder: Decoder<DesiredState> = fields({
  format: oneOf([1]),
  generation: integer,
  unit: text,
  application: text,
  modelUuid: anyString,
  role: withDefault(oneOf(['works', 'observes']), 'works' as const),
  credentialsGeneration: integer,
  images: fields({
    arch: oneOf(ARCHES),
    bases: list(oneOf(Object.keys(BASES) as readonly Base[])),
    jujuChannels: list(anyString),
    microk8sChannels: list(anyString),
    prefix: text,
    runnerVersion: anyString,
    scriptDigest: anyString,
    cloudImagesUrl: text,
    runnerReleasesUrl: text,
  }),
  build: fields({
    cloud: text,
    project: withDefault(anyString, ''),
    flavor: anyString,
    network: anyString,
    maxParallel: integer,
    keepRevisions: integer,
  }),
  consumers: list(fields({ relationId: integer, unit: text, cloudId: text })),
  published: optional(list(fields({ relationId: integer, imageIds: list(text), isSettled: flag }))),
  requests: list(fields({ action: text, builds: list(fields({ imageName: text, buildId: text })) })),
});

/** Reads desired.json's text. Throws InputError when it is not one that this version writes. */
export function parseDesiredState(json: string): DesiredState {
  const value = parseJsonText(json, 'desired.json');
  return decode(decoder, value, 'desired.json', (problems) => new InputError(problems));
}
