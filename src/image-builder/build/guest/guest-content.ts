import type { GuestContent, RunnerRelease } from '../../../guest/parts.ts';
import { resolveAptPackages } from '../../../model/guest/apt-packages.ts';
import { readLeftOutParts } from '../../../model/guest/guest-parts.ts';
import type { CloudConfig, ImageConfig } from '../../config.ts';

/** Returns the content of the guest that the parameters of a build describe. */
export function toGuestContent(
  {
    base,
    arch,
    juju,
    microk8s,
    content,
  }: Pick<ImageConfig, 'base' | 'arch' | 'juju' | 'microk8s' | 'content'>,
  { proxy, sources, dockerhubCache }: Pick<CloudConfig, 'proxy' | 'sources' | 'dockerhubCache'>,
  runner: RunnerRelease,
): GuestContent {
  const { aptPackages, leftOutParts, dockerMirror, keptProxy, bootstrap } = content;
  return {
    ...sources,
    ...{ base, arch, runner, dockerMirror, proxy, juju, microk8s, bootstrap },
    dockerhubCache: dockerhubCache?.href ?? '',
    aptPackages: resolveAptPackages(aptPackages),
    leftOutParts: readLeftOutParts(leftOutParts),
    isProxyKept: keptProxy !== '',
  };
}
