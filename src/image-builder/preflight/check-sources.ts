import { DeadlineError } from '../../model/errors.ts';
import type { GuestSourceOptions } from '../../model/guest/guest-options.ts';
import type { UbuntuRelease } from '../base-images/ubuntu-images.ts';
import { getUbuntuImage } from '../base-images/ubuntu-images.ts';
import { fetchScript } from '../build/guest/external-script.ts';
import { resolveRunnerRelease } from '../build/runner-release.ts';
import type { Deadlines, DownloadProxies, Downloads } from '../context.ts';
import { connectOnce } from '../../system/http/connect-once.ts';
import { originOf } from '../../system/http/download.ts';
import { portOf, proxyFor } from '../../system/http/proxy.ts';
import { withDeadline } from '../../system/wait.ts';
import { type CheckList, SkippedCheckError } from './check-list.ts';

/** Everything that the checks of downloads use. */
export type SourceContext = Deadlines & Downloads & DownloadProxies;

/** The downloads of a build. */
export interface Sources {
  readonly images: readonly (UbuntuRelease & { readonly runnerVersion: string })[];
  /** Empty without a script. */
  readonly scriptUrl: string;
  readonly mirrors: GuestSourceOptions & { readonly dockerMirror: string };
}

/** Checks from this host, not from a guest, whether everything that a build downloads can be reached. */
export async function checkSources(list: CheckList, sources: Sources, context: SourceContext): Promise<void> {
  await checkProxies(list, context);
  const { images, scriptUrl, mirrors } = sources;
  for (const image of images)
    await list.check(
      headOf(`cloud image ${image.base}`, 'check the network path, the proxy, or the mirror of cloud images'),
      async () => ({
        reason: `found at ${originOf((await getUbuntuImage(context, image)).url)}`,
        value: true,
      }),
    );
  const [first] = images;
  if (first !== undefined)
    await list.check(
      headOf('runner release', 'check the network path, the proxy, or the mirror of releases'),
      async () => {
        const { version } = await resolveRunnerRelease(context, first.arch, first.runnerVersion);
        return { reason: `version ${version}`, value: true };
      },
    );
  await list.check(
    headOf('external script', 'check the URL of the script and the network path to it'),
    async () => {
      if (scriptUrl === '') throw new SkippedCheckError('none is set');
      return {
        reason: `${(await fetchScript(scriptUrl, context)).length} bytes at ${originOf(scriptUrl)}`,
        value: true,
      };
    },
  );
  await checkMirrors(list, mirrors, context);
}

function headOf(name: string, advice: string) {
  return { cloud: '', name, advice };
}

/** Checks that the proxies of the downloads accept connections. */
async function checkProxies(list: CheckList, context: Omit<SourceContext, 'downloads'>): Promise<void> {
  const { proxy, cloudImagesUrl, runnerReleasesUrl } = context;
  const used = [cloudImagesUrl, runnerReleasesUrl].flatMap((url) => {
    const found = URL.canParse(url) ? proxyFor(proxy, new URL(url)) : undefined;
    return found === undefined ? [] : [found];
  });
  const proxies = new Map(used.map((url) => [placeOf(url), url]));
  await list.check(
    headOf('proxy', 'check the proxies of the model, and the network path to them'),
    async () => {
      if (proxies.size === 0) throw new SkippedCheckError('no proxy is used');
      for (const url of proxies.values()) await reach(url, context);
      return { reason: `${[...proxies.keys()].join(', ')} accepts connections`, value: true };
    },
  );
}

/** Checks that the mirrors accept connections. A mirror may be open to the guest only, so that a failure may be harmless. */
async function checkMirrors(
  list: CheckList,
  mirrors: Sources['mirrors'],
  context: Deadlines & DownloadProxies,
): Promise<void> {
  const named = {
    'apt mirror': mirrors.aptMirror,
    'npm registry': mirrors.npmRegistry,
    'yq releases': mirrors.yqUrl,
    'snap proxy': mirrors.snapProxy,
    'docker mirror': mirrors.dockerMirror,
  };
  const advice = 'check the option, and that the network of the build server leads to the mirror';
  for (const [name, text] of Object.entries(named).filter(([, url]) => url !== ''))
    await list.check(headOf(name, advice), async () => {
      const url = new URL(text);
      if (proxyFor(context.proxy, url) !== undefined)
        throw new SkippedCheckError('a proxy leads to it, which the check of the proxy covers');
      await reach(url, context);
      return { reason: `${placeOf(url)} accepts connections from this host`, value: true };
    });
}

function placeOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

function reach(url: URL, { clock, signal, timeouts }: Deadlines): Promise<void> {
  const timeoutMs = timeouts.fetchTimeout * 1000;
  return withDeadline(
    (limit) =>
      connectOnce(url, limit).catch((cause: unknown) => {
        throw new DeadlineError(`${placeOf(url)} accepts no connection`, { cause });
      }),
    { timeoutMs, clock, signal },
    () => new DeadlineError(`${placeOf(url)} did not answer within ${timeouts.fetchTimeout} s`),
  );
}
