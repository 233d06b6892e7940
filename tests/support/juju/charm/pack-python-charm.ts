import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zipCharm } from './charm-zip.ts';
import { type Era, pythonCharmTexts } from './python-charm.ts';
import { NEEDED_BY_2024, crontabOf, otherFilesOf } from './python-host.ts';

/** The crontab of the Python charm. */
export const CRONTAB = 'etc/cron.d/build-runner-image';

/**
 * Packs a charm that does on its machine what the Python charm of an era does, and builds nothing. The charm of 2024
 * installs program and key in its install hook only, and the one of 2026 in upgrade-charm too. Both write the credentials
 * and the crontab in config-changed when they are missing, and fail a build without program and key. `moreMetadata` is appended to metadata.yaml.
 */
export async function packPythonCharm(
  era: Era,
  unit: string,
  { folder, moreMetadata = '' }: { readonly folder: string; readonly moreMetadata?: string },
): Promise<string> {
  const name = moreMetadata === '' ? `python-${era}` : `changed-python-${era}`;
  const source = join(folder, name);
  await mkdir(source, { recursive: true });
  const texts = pythonCharmTexts(era);
  for (const [file, text] of Object.entries({ ...texts, metadata: texts.metadata + moreMetadata }))
    await writeFile(join(source, `${file}.yaml`), text);
  await writeFile(join(source, 'dispatch'), renderDispatch(era, unit));
  await chmod(join(source, 'dispatch'), 0o755);
  const target = join(folder, `${name}.charm`);
  await zipCharm(source, target);
  return target;
}

function renderDispatch(era: Era, unit: string): string {
  const [application = ''] = unit.split('/');
  const [key, link, program] = NEEDED_BY_2024;
  const put = (path: string): string => `put ${path} '${path}'`;
  const files = otherFilesOf(era, application);
  const isConfigured = (path: string): boolean => path.endsWith('clouds.yaml');
  return `#!/bin/sh
set -eu
root=$(cat ../host-root)
put() { [ -e "$root/$1" ] || { mkdir -p "$(dirname "$root/$1")"; printf '%s\\n' "$2" > "$root/$1"; }; }
initialize() {
  ${[key, program, ...files.filter((path) => !isConfigured(path))].map(put).join('\n  ')}
  mkdir -p "$root/${dirname(link)}"
  ln -sfn /${program} "$root/${link}"
}
configure() {
  ${files.filter(isConfigured).map(put).join('\n  ')}
  cat > ../crontab <<'END'
${crontabOf(era, unit)}END
  cmp -s ../crontab "$root/${CRONTAB}" || { cp ../crontab "$root/${CRONTAB}"; build; }
}
build() {
  for path in ${key} ${program}; do
    [ -e "$root/$path" ] || { echo "ERROR no $path" >&2; exit 1; }
  done
  [ -L "$root/${link}" ] || { echo "ERROR no ${link}" >&2; exit 1; }
  echo built >> ../builds
}
case "\${JUJU_DISPATCH_PATH##*/}" in
  install) initialize; configure ;;
  upgrade-charm) ${era === 'matrix' ? ':' : 'initialize; configure'} ;;
  config-changed) configure ;;
  run) build ;;
esac
`;
}
