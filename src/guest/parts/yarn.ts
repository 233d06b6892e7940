import type { Base } from '../../model/image/base.ts';
import type { GuestPart } from '../guest-part.ts';

const VERSION = '1.22.22';
const SHA256 = 'c17d3797fb9a9115bf375e31bfd30058cac6bc9c3b8807a3d8cb2094794b51ca';

// The package is downloaded and verified first, and then installed without the network, which works because yarn has no
// dependencies. npm's cache and logs are in the temporary folder. npm reads the registry from npm_config_registry.
const script = `
folder=$(mktemp -d)
cd "$folder"
export npm_config_cache="$folder/cache" npm_config_prefix=/usr/local
export npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
export npm_config_fetch_retries=3 npm_config_fetch_timeout=60000
export npm_config_fetch_retry_mintimeout=2000 npm_config_fetch_retry_maxtimeout=20000
timeout 600 npm pack yarn@${VERSION} || {
  echo "npm pack yarn@${VERSION} failed: the registry is \${npm_config_registry:-the default of npm}"
  exit 1
}
digest=$(sha256sum yarn-${VERSION}.tgz)
digest=\${digest%% *}
if [ "$digest" != ${SHA256} ]; then
  echo "what npm downloaded is not yarn ${VERSION}: expected the sha256 ${SHA256}, got $digest"
  exit 1
fi
timeout 600 npm install --global --offline --ignore-scripts ./yarn-${VERSION}.tgz || {
  echo 'npm install --global failed'
  exit 1
}
cd /
rm -rf "$folder"
echo 'version yarn ${VERSION}'
`;

const check = `
answer=$(timeout 120 yarn --version 2>&1) || {
  echo "yarn --version failed: $answer"
  exit 1
}
if [ "$answer" != ${VERSION} ]; then
  echo "yarn --version prints '$answer', not ${VERSION}"
  exit 1
fi
`;

const cleanUp = `
rm -rf /root/.npm /root/.config/configstore/update-notifier-npm.json
`;

/**
 * Returns the part that installs yarn with npm. `registry` replaces the registry of npm during the build; empty stands for
 * npm's own. Undefined on focal, whose npm is too old.
 */
export function yarnPart({
  base,
  registry,
}: {
  readonly base: Base;
  readonly registry: string;
}): GuestPart | undefined {
  if (base === 'focal') return undefined;
  const environment = registry === '' ? {} : { npm_config_registry: registry };
  return { name: 'yarn', after: ['apt'], script, environment, check, cleanUp };
}
