import type { GuestContent } from '../../src/guest/parts.ts';
import { IMAGE_DEFAULT_APT_PACKAGES } from '../../src/model/guest/apt-packages.ts';
import { DEFAULT_SOURCES } from '../../src/model/guest/guest-options.ts';
import { OPTIONAL_PARTS } from '../../src/model/guest/guest-parts.ts';

/** Returns the content of a guest with default options. */
export function guestContent(change: Partial<GuestContent> = {}): GuestContent {
  return {
    ...DEFAULT_SOURCES,
    base: 'noble',
    arch: 'x64',
    runner: { version: '2.331.0', url: 'https://mirror.example/runner.tar.gz', sha256: 'a'.repeat(64) },
    aptPackages: IMAGE_DEFAULT_APT_PACKAGES,
    dockerMirror: '',
    ...{ juju: '', microk8s: '', bootstrap: 'boot', dockerhubCache: '' },
    proxy: undefined,
    isProxyKept: false,
    leftOutParts: [],
    ...change,
  };
}

/** Returns the content of a guest that has only the parts of every image, which need nothing but busybox. */
export function smallGuestContent(runner: GuestContent['runner']): GuestContent {
  return guestContent({ runner, leftOutParts: OPTIONAL_PARTS });
}
