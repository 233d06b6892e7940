import { join } from 'node:path';
import { ARCHES, archNames } from '../../model/image/arch.ts';
import { BASES, type Base } from '../../model/image/base.ts';
import { NO_CHANNEL } from '../../model/image/channel.ts';
import { imageNameOf } from '../../model/run-config.ts';
import type { OptionReader } from '../options/option-reader.ts';

/** A file or folder that the Python charm left on the host. */
export interface Trace {
  readonly path: string;
  /** The content in words, for the log. */
  readonly content: string;
  /**
   * Reports whether the Python charm of 2024 needs it after a refresh back. It installed its program and created its
   * keypair only in its install hook.
   */
  readonly isNeededBy2024: boolean;
}

/** The facts that the names of snapshot files depend on. */
export interface SnapshotNames {
  readonly application: string;
  readonly jujuChannels: readonly string[];
  readonly microk8sChannels: readonly string[];
}

const HOME = 'home/ubuntu';
const PROGRAM = 'github-runner-image-builder';

/** Returns the path of the crontab with which the Python charm scheduled its builds. */
export function formerCrontab(root: string): string {
  return join(root, 'etc/cron.d/build-runner-image');
}

/** Returns the path of the logrotate file, which the Python charm has written since 2025. */
export function formerLogrotateFile(root: string): string {
  return join(root, 'etc/logrotate.d', `${PROGRAM}.conf`);
}

/**
 * Lists everything that the Python charm may have left below the root of a host, credentials first. The names of all bases
 * and architectures are listed, because the options may have changed since the files were written.
 */
export function listTraces(root: string, names: SnapshotNames): readonly Trace[] {
  const home = (path: string): string => join(root, HOME, path);
  const trace = (content: string, path: string): Trace => ({ path, content, isNeededBy2024: false });
  const needed = (content: string, path: string): Trace => ({ path, content, isNeededBy2024: true });
  return [
    trace('credentials of the clouds', home('clouds.yaml')),
    needed('private key of the build servers', home('.ssh/builder_key')),
    trace('rotation of the log', formerLogrotateFile(root)),
    needed('program', home(`.local/bin/${PROGRAM}`)),
    // pipx kept its environments in the first folder until version 1.3, and in the second one since.
    needed('environment of the program', home(`.local/pipx/venvs/${PROGRAM}`)),
    needed('environment of the program', home(`.local/share/pipx/venvs/${PROGRAM}`)),
    ...listSnapshotNames(names).map((name) => trace('snapshot', home(`${name}.snapshot`))),
    ...listBaseFiles().map((name) => trace('base image', home(name))),
  ];
}

/** Lists the names of all images that the Python charm can have built with these channels. */
function listSnapshotNames({
  application,
  jujuChannels,
  microk8sChannels,
}: SnapshotNames): readonly string[] {
  const variants = bases().flatMap((base) =>
    [NO_CHANNEL, ...jujuChannels].flatMap((juju) =>
      [NO_CHANNEL, ...microk8sChannels].map((microk8s) => ({ base, juju, microk8s })),
    ),
  );
  return variants.flatMap((variant) => ARCHES.map((arch) => imageNameOf(application, arch, variant)));
}

/** Lists the file names of Ubuntu's images. */
function listBaseFiles(): readonly string[] {
  const suffixes = [...new Set(ARCHES.map((arch) => archNames(arch).ubuntu))];
  return bases().flatMap((base) => suffixes.map((suffix) => `${base}-server-cloudimg-${suffix}.img`));
}

function bases(): readonly Base[] {
  return Object.keys(BASES) as readonly Base[];
}

/** Reads the facts from options. Channels that are not TRACK/RISK built no image and are left out. */
export function readSnapshotNames(application: string, reader: OptionReader): SnapshotNames {
  return {
    application,
    jujuChannels: readChannels(reader.text('juju-channels')),
    microk8sChannels: readChannels(reader.text('microk8s-channels')),
  };
}

const MAX_CHANNELS = 10;

function readChannels(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim().toLowerCase());
  return words.filter((word) => /^[\w.-]+\/[\w.-]+$/.test(word)).slice(0, MAX_CHANNELS);
}
