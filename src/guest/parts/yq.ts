import { archNames, type Arch } from '../../model/image/arch.ts';
import { FETCH } from '../shell/fetch.ts';
import type { GuestPart } from '../guest-part.ts';

const RELEASES = 'https://github.com/mikefarah/yq/releases/download';
const PROGRAM = '/usr/bin/yq';

interface YqRelease {
  readonly version: string;
  readonly algorithm: 'sha256' | 'sha384';
  readonly digest: string;
}

// No public list has a digest of a later release for s390x and ppc64el. A wrong digest cannot install a wrong program: it
// fails the build.
/** The release of yq for each architecture of Ubuntu. */
const YQ: Readonly<Record<string, YqRelease>> = {
  amd64: {
    version: '4.52.5',
    algorithm: 'sha256',
    digest: '75d893a0d5940d1019cb7cdc60001d9e876623852c31cfc6267047bc31149fa9',
  },
  arm64: {
    version: '4.52.5',
    algorithm: 'sha256',
    digest: '90fa510c50ee8ca75544dbfffed10c88ed59b36834df35916520cddc623d9aaa',
  },
  s390x: {
    version: '4.45.1',
    algorithm: 'sha384',
    digest:
      '0d1cf3e526f726fc03563416195b68dc487b6bbb4d426c1766d313432f9289d098190dac2c0dd242aaac42270d683f00',
  },
  ppc64el: {
    version: '4.45.1',
    algorithm: 'sha384',
    digest:
      'a67cc3cfb8e7e1bfb5c0e79ab1a114eaae40490859c34533eac11e873a73b6a420954eb29d3912f27e0dc3fa2a1b9cbd',
  },
};

/** The architectures in the names of yq's files, where they differ from those of Ubuntu. */
const FILE_ARCHES: Readonly<Record<string, string>> = { ppc64el: 'ppc64le' };

// The file is moved into place after its verification, so that an interrupted download never becomes the program.
const script = (arch: string, { version, algorithm, digest }: YqRelease): string => `${FETCH}
url=\${YQ_URL:-${RELEASES}}
url=\${url%/}/v${version}/yq_linux_${FILE_ARCHES[arch] ?? arch}
rm -f ${PROGRAM}.new
fetch "$url" ${PROGRAM}.new
digest=$(${algorithm}sum ${PROGRAM}.new)
digest=\${digest%% *}
if [ "$digest" != ${digest} ]; then
  rm -f ${PROGRAM}.new
  echo "what came from $url is not yq ${version}: expected the ${algorithm} ${digest}, got $digest"
  exit 1
fi
chmod 755 ${PROGRAM}.new
mv ${PROGRAM}.new ${PROGRAM}
echo 'version yq ${version}'
`;

const check = (version: string): string => `
mode=$(stat -c %a ${PROGRAM}) || {
  echo 'there is no ${PROGRAM}'
  exit 1
}
if [ "$mode" != 755 ]; then
  echo "${PROGRAM} has the mode $mode, not 755"
  exit 1
fi
answer=$(timeout 60 ${PROGRAM} --version 2>&1) || {
  echo "yq --version failed: $answer"
  exit 1
}
case " $answer " in *'version v${version} '*) ;; *)
  echo "yq --version prints '$answer', not version v${version}"
  exit 1
esac
`;

/**
 * Returns the part that installs mikefarah/yq. `url` replaces the address of the releases during the build; empty stands
 * for GitHub.
 */
export function yqPart({ arch, url }: { readonly arch: Arch; readonly url: string }): GuestPart {
  const name = archNames(arch).ubuntu;
  const release = YQ[name];
  if (release === undefined) throw new Error(`expected a release of yq for ${name}`);
  return {
    name: 'yq',
    script: script(name, release),
    environment: url === '' ? {} : { YQ_URL: url },
    check: check(release.version),
  };
}
