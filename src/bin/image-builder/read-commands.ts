import type { AlsoImage } from '../../image-builder/list-images.ts';
import type { OptionReader, RawOptions } from './read-options.ts';
import { readSecretsDescriptor } from './read-secrets.ts';
import type { Host } from './request.ts';

/** The guest downloads from it: a password in it would be in the image. */
export function readReleasesUrl(reader: OptionReader): string {
  const url = reader.url('runnerReleasesUrl', '--runner-releases-url');
  if (url === '') return url;
  const { username, password, search } = new URL(url);
  if (username !== '' || password !== '' || search !== '') {
    reader.problem('--runner-releases-url', 'a URL without user, password and query', 'one with them');
  }
  return url;
}

/** What `list` looks at; no clouds: the one that is determined. */
export function readList(options: RawOptions, reader: OptionReader) {
  const names = reader.names('clouds', '--clouds');
  if (reader.isGiven('clouds') && names.length === 0) {
    reader.problem('--clouds', 'at least one cloud of clouds.yaml', '');
  }
  return { cloudNames: names, also: readPairs(options['also'], reader) };
}

/** `CLOUD=ID`: an id has no equals sign, a cloud's name may. */
function readPairs(given: unknown, reader: OptionReader): readonly AlsoImage[] {
  return readIds(given).flatMap((pair) => {
    const [, cloudName = '', imageId = ''] = /^(.+)=([^=]+)$/.exec(pair) ?? [];
    if (imageId === '') reader.problem('--also', 'CLOUD=ID', pair);
    return imageId === '' ? [] : [{ cloudName, imageId }];
  });
}

/** What `prune` has beside its argument. */
export function readPrune(options: RawOptions, reader: OptionReader, isOwnerGiven: boolean) {
  const isMarking = options['published'] !== undefined;
  if (isMarking && !isOwnerGiven)
    reader.problem('--published', '--owner with it: marks are of its images', '');
  return {
    keepRevisions: reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5),
    protectedIds: readIds(options['protect']),
    publishedIds: isMarking ? readIds(options['published']) : undefined,
    isDryRun: reader.isSet('dryRun'),
  };
}

/** Ids that are given as words or as comma lists. */
function readIds(given: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(given) ? given : [];
  return words
    .flatMap((word) => String(word).split(','))
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

/** What `distribute` has beside its argument. */
export function readDistribute(imageId: string, reader: OptionReader) {
  const destinations = reader.names('uploadClouds', '--upload-clouds');
  if (destinations.length === 0) reader.problem('--upload-clouds', 'at least one cloud of clouds.yaml', '');
  const isPruning = reader.text('keepRevisions') !== '';
  const keep = reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5);
  const within = readShare(reader);
  return { imageId, destinations, within, keepRevisions: isPruning ? keep : undefined };
}

function readShare(reader: OptionReader): 'copy' | 'share' {
  if (!reader.isSet('share')) return 'copy';
  if (reader.text('uploadClouds') === '') reader.problem('--share', '--upload-clouds with it', '');
  return 'share';
}

/** What `run` has beside what all commands have. */
export function readRun(name: string, reader: OptionReader, host: Host) {
  reader.notYet('juju', '--juju');
  reader.notYet('microk8s', '--microk8s');
  reader.notYet('dockerhubCache', '--dockerhub-cache');
  reader.notYet('proxy', '--proxy');
  const secrets = readSecretsDescriptor(reader, host);
  const scriptUrl = secrets === undefined ? host.scriptUrl : secrets.scriptUrl.reveal();
  return {
    cloud: {
      dockerhubCache: undefined,
      flavor: reader.text('flavor'),
      network: reader.text('network'),
      prefix: reader.name('prefix', '--prefix', 100),
      proxy: '',
      uploadCloudNames: reader.names('uploadClouds', '--upload-clouds'),
      withinCloud: readShare(reader),
    },
    image: {
      arch: reader.arch(host.arch),
      base: reader.base(),
      juju: '',
      microk8s: '',
      runnerVersion: reader.version('runnerVersion', '--runner-version'),
      scriptUrl: reader.url(
        'scriptUrl',
        '--script-url (or IMAGE_BUILDER_SCRIPT_URL, or --secrets-fd)',
        scriptUrl,
      ),
      name,
    },
    keepRevisions: readKeepUnlessOff(reader),
    scriptSecrets: secrets && new Map(Object.entries(secrets.scriptSecrets)),
  };
}

function readKeepUnlessOff(reader: OptionReader): number | undefined {
  const keep = reader.wholeNumber('keepRevisions', '--keep-revisions', 1, 5);
  if (!reader.isOff('prune')) return keep;
  const given = reader.text('keepRevisions');
  if (given !== '')
    reader.problem('--keep-revisions', 'nothing of it beside --no-prune (drop one of them)', given);
  return undefined;
}
