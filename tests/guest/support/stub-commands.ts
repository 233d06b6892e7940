/*
 * The substitutes for the programs of Ubuntu when the scripts of the parts run on recorded commands. Each follows the
 * contract in its first comment, which is what the real program was seen to do on Debian 12. $STATE is a folder:
 * archive lists the packages that exist, installed those that are installed, update has the messages of apt-get update,
 * and downloads has a file for each URL that exists, named after the last part of its path.
 */

const aptGet = String.raw`
# apt-get [-q] [-y] [-o SETTING]... COMMAND [OPTION]... [--] [PACKAGE]...
# update exits with 0 even if an index is missing; install changes nothing and exits with 100 if a package is unknown.
while :; do case $1 in -q | -y) shift ;; -o) shift 2 ;; *) break ;; esac; done
command=$1
shift
while [ "$#" -gt 0 ]; do case $1 in --) shift; break ;; -*) shift ;; *) break ;; esac; done
case $command in
update) if [ -e "$STATE/update" ]; then cat "$STATE/update"; fi ;;
install)
  for package; do
    grep -qx "${'${'}package%%=*}" "$STATE/archive" || { echo "E: Unable to locate package $package" >&2; exit 100; }
  done
  for package; do echo "${'${'}package%%=*}" >>"$STATE/installed"; done
  ;;
purge) for package; do sed -i "/^$package\$/d" "$STATE/installed"; done ;;
upgrade | clean) ;;
*) echo "E: Invalid operation $command" >&2; exit 100 ;;
esac
`;

const aptCache = String.raw`
# apt-cache policy -- PACKAGE: prints nothing about an unknown package and exits with 0.
if grep -qx "$3" "$STATE/archive"; then printf '%s:\n  Installed: (none)\n  Candidate: 1.0\n' "$3"; fi
`;

const dpkgQuery = String.raw`
# dpkg-query -W -f=FORMAT [PACKAGE]: lists all packages, or exits with 1 if the package is unknown.
if [ "$#" -eq 2 ]; then while read -r package; do printf '%s installed\n' "$package"; done <"$STATE/installed"; exit 0; fi
grep -qx "$3" "$STATE/installed" || { echo "dpkg-query: no packages found matching $3" >&2; exit 1; }
printf 'version %s 1.0\n' "$3"
`;

const curl = String.raw`
# curl OPTION... --output FILE --url URL: exits with 22 on an HTTP error.
while [ "$#" -gt 0 ]; do
  case $1 in --output) file=$2; shift ;; --url) url=$2; shift ;; esac
  shift
done
echo "$url" >>"$STATE/urls"
cat "$STATE/downloads/${'${'}url##*/}" >"$file" 2>/dev/null || { echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22; }
`;

const docker = String.raw`
# docker version and docker info exit with 1 while the daemon does not answer.
if [ -e "$STATE/docker-is-dead" ]; then echo 'Cannot connect to the Docker daemon' >&2; exit 1; fi
case "$*" in
'version --format {{.Server.Version}}') echo 24.0.7 ;;
*Mirrors*) python3 -c 'import json, sys; print(json.dumps([m.rstrip("/") + "/" for m in json.load(open(sys.argv[1]))["registry-mirrors"]]))' "$ETC/docker/daemon.json" ;;
info | 'buildx version') ;;
*) exit 125 ;;
esac
`;

const dockerd = String.raw`
# dockerd --validate --config-file FILE exits with 1 if a mirror is not a URL of http or https.
case "$*" in
--help) echo '      --validate   Validate daemon configuration and exit' ;;
*) grep -Eq '"https?://' "$3" || { echo 'unable to configure the Docker daemon: invalid mirror' >&2; exit 1; } ;;
esac
`;

const npm = String.raw`
# npm pack writes NAME-VERSION.tgz into the current folder; npm install --global of it creates the program.
echo "registry=${'${'}npm_config_registry:-}" >>"$STATE/urls"
case $1 in
pack) cp "$STATE/downloads/yarn-1.22.22.tgz" . ;;
install) touch "$STATE/yarn" ;;
esac
`;

/** The substitutes by the names of their programs. */
export const STUBS: ReadonlyMap<string, string> = new Map([
  ['apt-get', aptGet],
  ['apt-cache', aptCache],
  ['curl', curl],
  ['docker', docker],
  ['dockerd', dockerd],
  ['dpkg', '# dpkg --configure -a and dpkg --add-architecture ARCH print nothing.\n'],
  ['dpkg-query', dpkgQuery],
  [
    'gpg',
    '# gpg --show-keys lists a key and its subkey.\necho pub:-:4096\necho "fpr:::::::::$(cat "$STATE/key"):"\necho sub:-\necho fpr:::::::::OTHER:\n',
  ],
  ['id', '# id -nG USER prints the groups of the user.\ncat "$STATE/groups"\n'],
  ['journalctl', "echo 'dockerd: failed to start daemon'\n"],
  ['npm', npm],
  ['sleep', '# The pauses are skipped.\n'],
  [
    'sudo',
    '# sudo -n -u USER -H COMMAND runs the command.\nwhile [ "${1#-}" != "$1" ]; do if [ "$1" = -u ]; then shift; fi; shift; done\nexec "$@"\n',
  ],
  ['systemctl', '# systemctl exits with 0 if the unit did what was asked.\n'],
  ['yarn', 'if [ ! -e "$STATE/yarn" ]; then exit 127; fi\necho 1.22.22\n'],
  ...['cargo', 'rustc', 'rustup', 'jq', 'gh', 'unzip', 'python', 'pip', 'dotnet'].map(
    (name) => [name, ':\n'] as const,
  ),
]);

/** Programs that do their real work, and whose failure is injected as well. */
export const WRAPPED = [
  'awk',
  'cat',
  'chmod',
  'cp',
  'ln',
  'mkdir',
  'mktemp',
  'mv',
  'python3',
  'rm',
  'sha256sum',
];
