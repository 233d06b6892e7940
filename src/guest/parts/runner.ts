import { UBUNTU_USER } from '../../model/guest/ubuntu-user.ts';
import { FETCH } from '../shell/fetch.ts';
import type { GuestPart } from '../guest-part.ts';
import { FIND_HOME } from '../paths.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';

/** A release of the runner for one architecture, with the digest that its publisher announces. */
export interface RunnerRelease {
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
  /** ISO 8601; absent when the source of the release does not know it. */
  readonly releasedAt?: string;
}

// The tarball is downloaded into the target folder, because /tmp may be a tmpfs that is too small for it.
const script = ({ version, sha256 }: RunnerRelease): string => `${FETCH}
${FIND_HOME}
folder=$home/actions-runner
tarball=$folder/actions-runner.tar.gz
rm -rf "$folder"
mkdir -p "$folder"
fetch "$RUNNER_URL" "$tarball"
printf '%s  %s\\n' ${quoteForShell(sha256.toLowerCase())} "$tarball" | sha256sum -c || {
  echo "what came from $RUNNER_URL is not the release: its SHA-256 is $(sha256sum <"$tarball" | cut -c 1-64)"
  exit 1
}
tar -xzf "$tarball" -C "$folder"
rm "$tarball"
chown -R "$(id -u ${UBUNTU_USER}):$(id -g ${UBUNTU_USER})" "$folder"
echo ${quoteForShell(`version actions-runner ${version}`)}
`;

// The release that tests use may lack Runner.Listener; the version is not checked then.
const check = ({ version }: RunnerRelease): string => `
${FIND_HOME}
folder=$home/actions-runner
if [ ! -x "$folder/run.sh" ]; then
  echo "$folder/run.sh is missing or cannot be executed"
  exit 1
fi
if [ ! -e "$folder/bin/Runner.Listener" ]; then exit 0; fi
version=${quoteForShell(version)}
answer=$(sudo -n -u ${UBUNTU_USER} -- timeout 60 "$folder/bin/Runner.Listener" --version) || {
  echo "Runner.Listener --version failed: $answer"
  exit 1
}
if [ "$answer" != "$version" ]; then
  echo "the runner's version is '$answer', not '$version'"
  exit 1
fi
`;

/** Returns the part that installs GitHub's runner, in a folder where the user ubuntu can start and update it. */
export function runnerPart(release: RunnerRelease): GuestPart {
  return {
    name: 'runner',
    after: ['users'],
    script: script(release),
    environment: { RUNNER_URL: release.url },
    check: check(release),
  };
}
