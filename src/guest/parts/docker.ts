import type { Base } from '../../model/image/base.ts';
import { UBUNTU_USER } from '../../model/guest/ubuntu-user.ts';
import { withoutTrailing } from '../../model/text/without-trailing.ts';
import type { GuestPart } from '../guest-part.ts';
import { quoteForShell } from '../../model/text/quote-for-shell.ts';

const FOLDER = '/etc/docker';
const FILE = `${FOLDER}/daemon.json`;

// Ubuntu's packages of Docker have no tool for JSON, and jq may be left out. cloud-init needs python3.
const MERGE = `
import json, os, sys
path = sys.argv[1]
mirror = os.environ["DOCKER_MIRROR"]
settings = {}
if os.path.exists(path) and os.path.getsize(path) > 0:
    try:
        with open(path) as file:
            settings = json.load(file)
    except ValueError as error:
        sys.exit(f"{path} is not valid JSON: {error}")
if not isinstance(settings, dict):
    sys.exit(f"{path} is not a JSON object")
mirrors = settings.get("registry-mirrors", [])
settings["registry-mirrors"] = [mirror] + [other for other in mirrors if other != mirror]
with open(path + ".new", "w") as file:
    json.dump(settings, file, indent=2)
    file.write("\\n")
`;

// Docker before version 23 cannot verify its settings; its start shows then whether they are right.
const writeMirror = (mirror: string): string => `
DOCKER_MIRROR=${quoteForShell(mirror)} python3 -c ${quoteForShell(MERGE)} ${FILE}
if dockerd --help 2>&1 | grep -q -- --validate; then
  dockerd --validate --config-file ${FILE}.new || {
    rm -f ${FILE}.new
    echo 'Docker does not accept the mirror of the option docker-mirror:' ${quoteForShell(mirror)}
    exit 1
  }
fi
if cmp -s ${FILE}.new ${FILE}; then
  rm ${FILE}.new
else
  mv ${FILE}.new ${FILE}
  action=restart
fi
`;

const script = (base: Base, mirror: string): string => `
action=start
mkdir -p ${FOLDER}
${mirror === '' ? '' : writeMirror(mirror)}
timeout 180 systemctl enable docker.service
timeout 180 systemctl "$action" docker.service || {
  timeout 30 journalctl --no-pager -n 20 -u docker.service || :
  echo "Docker of ${base} did not $action"
  exit 1
}
tries=0
until version=$(timeout 30 docker version --format '{{.Server.Version}}' 2>&1); do
  tries=$((tries + 1))
  if [ "$tries" -ge 30 ]; then
    timeout 30 journalctl --no-pager -n 20 -u docker.service || :
    echo "Docker of ${base} does not answer: $version"
    exit 1
  fi
  sleep 2
done
echo "version docker $version"
`;

const checkMirror = (mirror: string): string => `
python3 -c 'import json, sys; json.load(open(sys.argv[1]))' ${FILE} >/dev/null 2>&1 || {
  echo '${FILE} is missing or not valid JSON'
  exit 1
}
mirrors=$(timeout 120 docker info --format '{{json .RegistryConfig.Mirrors}}')
case $mirrors in *${quoteForShell(withoutTrailing('/', mirror))}*) ;; *)
  echo "Docker uses the mirrors $mirrors, not "${quoteForShell(mirror)}
  exit 1
esac
`;

// The part users adds the user to the group. Groups are read from the user database, because the session in which the
// check runs may be older than the group.
const check = (mirror: string): string => `
if [ ! -d ${FOLDER} ]; then
  echo 'there is no folder ${FOLDER}'
  exit 1
fi
answer=$(timeout 120 docker info 2>&1) || {
  echo "docker info failed: $(printf '%s\\n' "$answer" | grep -Ei 'connect|error' | head -n 1)"
  exit 1
}
case " $(id -nG ${UBUNTU_USER}) " in *' docker '*) ;; *)
  echo 'the user ${UBUNTU_USER} is not in the group docker'
  exit 1
esac
installed=$(dpkg-query -W -f='\${Package} \${db:Status-Status}\\n')
if printf '%s\\n' "$installed" | grep -qx 'docker-buildx installed'; then
  answer=$(timeout 120 docker buildx version 2>&1) || {
    echo "docker buildx version failed: $(printf '%s\\n' "$answer" | tail -n 1)"
    exit 1
  }
fi
${mirror === '' ? '' : checkMirror(mirror)}`;

// Docker creates both files again when they are missing. Two servers must not share them.
const cleanUp = `
rm -f ${FOLDER}/key.json /var/lib/docker/engine-id
`;

/**
 * Returns the part that starts Docker, which the part apt installs. `mirror` is the URL of a registry mirror that stays in
 * the settings of the image; empty stands for none.
 */
export function dockerPart({ base, mirror }: { readonly base: Base; readonly mirror: string }): GuestPart {
  return {
    name: 'docker',
    after: ['apt', 'users'],
    script: script(base, mirror),
    check: check(mirror),
    cleanUp,
  };
}
