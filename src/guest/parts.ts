import type { Arch } from '../model/image/arch.ts';
import type { Base } from '../model/image/base.ts';
import type { Channel } from '../model/image/channel.ts';
import type { GuestContentOptions, GuestSourceOptions } from '../model/guest/guest-options.ts';
import type { ProxySettings } from '../model/proxy-settings.ts';
import { Secret } from '../model/secret.ts';
import type { GuestPart } from './guest-part.ts';
import { aproxyPart } from './parts/aproxy.ts';
import { aptPart } from './parts/apt.ts';
import { dockerPart } from './parts/docker.ts';
import { hostnamePart } from './parts/hostname.ts';
import { jujuPart } from './parts/juju.ts';
import { localBinPart } from './parts/local-bin.ts';
import { microk8sPart } from './parts/microk8s.ts';
import { opentelemetryCollectorPart } from './parts/opentelemetry-collector.ts';
import { proxyPart } from './parts/proxy.ts';
import { runnerPart, type RunnerRelease } from './parts/runner.ts';
import { sysctlPart } from './parts/sysctl.ts';
import { usersPart } from './parts/users.ts';
import { yarnPart } from './parts/yarn.ts';
import { yqPart } from './parts/yq.ts';

export type { RunnerRelease } from './parts/runner.ts';

/** Everything that determines the parts of an image, and where they come from during the build. */
export interface GuestContent extends GuestSourceOptions {
  readonly base: Base;
  readonly arch: Arch;
  readonly runner: RunnerRelease;
  readonly aptPackages: readonly string[];
  /** URL of a mirror of Docker Hub; empty: none. */
  readonly dockerMirror: string;
  readonly proxy: ProxySettings | undefined;
  /** The channels of Juju and MicroK8s; empty: the image does not have it. */
  readonly juju: Channel;
  readonly microk8s: Channel;
  readonly bootstrap: GuestContentOptions['bootstrap'];
  /** URL of a cache of Docker Hub for MicroK8s; empty: none. */
  readonly dockerhubCache: string;
  /** Reports whether the proxy stays in the image. */
  readonly isProxyKept: boolean;
  /** The names of the parts that the image does not have. */
  readonly leftOutParts: readonly string[];
}

/** Quick parts that use no network and that the others rely on, without naming them. */
const FIRST_PARTS: readonly string[] = ['hostname', 'users'];

/** Lists the parts of an image. The slowest come first among those that can be installed at the same time. */
export function listGuestParts(content: GuestContent): readonly GuestPart[] {
  const { base, arch, proxy, isProxyKept: isKept, leftOutParts, bootstrap, dockerhubCache } = content;
  const snapProxy = content.snapProxy === '' ? undefined : new Secret(content.snapProxy);
  const network = [
    aptPart({ base, arch, packages: content.aptPackages, mirror: content.aptMirror }),
    runnerPart(content.runner),
    dockerPart({ base, mirror: content.dockerMirror }),
    aproxyPart({ proxy, isKept, snapProxy }),
    opentelemetryCollectorPart({ snapProxy }),
    microk8sPart({ channel: content.microk8s, bootstrap, dockerhubCache, snapProxy }),
    jujuPart({ channel: content.juju, hasMicrok8s: content.microk8s !== '', bootstrap, snapProxy }),
    yarnPart({ base, registry: content.npmRegistry }),
    yqPart({ arch, url: content.yqUrl }),
  ].flatMap((part) => (part === undefined || leftOutParts.includes(part.name) ? [] : followFirst(part)));
  const first = proxyPart({ proxy, isKept });
  return [
    ...(first === undefined ? [] : [first]),
    hostnamePart,
    usersPart,
    ...network,
    sysctlPart,
    localBinPart,
  ];
}

/** Returns a part that is installed after the proxy, which it may need, and after FIRST_PARTS. */
function followFirst(part: GuestPart): GuestPart {
  return { ...part, after: [...new Set(['proxy', ...FIRST_PARTS, ...(part.after ?? [])])] };
}
