import { UBUNTU_USER } from '../../model/guest/ubuntu-user.ts';
import type { GuestPart } from '../guest-part.ts';
import { FIND_HOME } from '../paths.ts';

const GROUPS = 'docker microk8s lxd sudo adm';
/** The other name of the user ubuntu, under which GARM looks for /home/runner/actions-runner. */
export const ALIAS = 'runner';
const ALIAS_HOME = `/home/${ALIAS}`;
/** The mark of systemd-logind for users whose services run without a login; `loginctl enable-linger` creates it. */
const LINGER_FOLDER = '/var/lib/systemd/linger';
const LINGER = `${LINGER_FOLDER}/${UBUNTU_USER}`;
/** Boot scripts of consumers write daemon.json into it, before or without Docker. */
const DOCKER_CONFIG = '/etc/docker';

/** The shell function `add_member USER GROUP`. */
export const ADD_MEMBER = `add_member() { # USER GROUP
  if command -v usermod; then usermod -a -G "$2" "$1"; else adduser "$1" "$2"; fi
}
`;

// Debian and Ubuntu have groupadd, usermod and useradd; busybox has addgroup and adduser, and its adduser refuses a user
// id that exists. An entry without a password cannot log in with one.
const functions = `
add_group() {
  if grep -q "^$1:" /etc/group; then return 0; fi
  if command -v groupadd; then groupadd --system "$1"; else addgroup -S "$1"; fi
}

${ADD_MEMBER}
add_user() {
  if id ${UBUNTU_USER}; then return 0; fi
  shell=/bin/sh
  if [ -x /bin/bash ]; then shell=/bin/bash; fi
  if command -v useradd; then
    useradd -m -d /home/${UBUNTU_USER} -s "$shell" ${UBUNTU_USER}
  else
    adduser -D -h /home/${UBUNTU_USER} -s "$shell" ${UBUNTU_USER}
  fi
}

add_alias() { # UID GID HOME SHELL
  if id ${ALIAS}; then return 0; fi
  if command -v useradd; then
    useradd -o -M -N -u "$1" -g "$2" -d "$3" -s "$4" ${ALIAS}
    return
  fi
  if [ -e /etc/shadow ] && ! grep -q '^${ALIAS}:' /etc/shadow; then
    echo '${ALIAS}:*:19000:0:99999:7:::' >>/etc/shadow
  fi
  echo "${ALIAS}:x:$1:$2::$3:$4" >>/etc/passwd
}
`;

// The line is inserted at the top, because Ubuntu's .bashrc returns early in a non-interactive shell.
const script = `${functions}
add_user
for group in ${GROUPS}; do
  add_group "$group"
  add_member ${UBUNTU_USER} "$group"
done

${FIND_HOME}
shell=$(awk -F: '$1 == "${UBUNTU_USER}" { print $7; exit }' /etc/passwd)
uid=$(id -u ${UBUNTU_USER})
gid=$(id -g ${UBUNTU_USER})
add_alias "$uid" "$gid" "$home" "$shell"
groups=$(awk -F: '("," $4 ",") ~ /,${UBUNTU_USER},/ { print $1 }' /etc/group)
for group in $groups; do
  add_member ${ALIAS} "$group"
done
if [ ! -e ${ALIAS_HOME} ] && [ ! -L ${ALIAS_HOME} ]; then ln -s "$home" ${ALIAS_HOME}; fi

mkdir -p ${LINGER_FOLDER} ${DOCKER_CONFIG}
: >${LINGER}

line=$(printf 'case ":$PATH:" in *":%s:"*) ;; *) export PATH="%s:$PATH" ;; esac' "$home/.local/bin" "$home/.local/bin")
for file in "$home/.profile" "$home/.bashrc"; do
  if grep -qxF "$line" "$file" 2>/dev/null; then continue; fi
  { printf '%s\\n' "$line"; if [ -e "$file" ]; then cat "$file"; fi; } >"$file.new"
  cat "$file.new" >"$file"
  rm "$file.new"
  chown "$uid:$gid" "$file"
done
`;

// /etc/group is read directly: where the user ubuntu is root, as in a tiny guest, id lists the groups of root.
const check = `
${FIND_HOME}
for user in ${UBUNTU_USER} ${ALIAS}; do
  id "$user" >/dev/null 2>&1 || {
    echo "there is no user $user"
    exit 1
  }
  for group in ${GROUPS}; do
    members=$(awk -F: -v group="$group" '$1 == group { print $4 }' /etc/group)
    case ",$members," in *",$user,"*) ;; *)
      echo "the user $user is not in the group $group"
      exit 1
    esac
  done
done
entry() { awk -F: -v user="$1" '$1 == user { print "uid " $3 ", gid " $4 ", home " $6; exit }' /etc/passwd; }
if [ "$(entry ${ALIAS})" != "$(entry ${UBUNTU_USER})" ]; then
  echo "the user ${ALIAS} has $(entry ${ALIAS}), not $(entry ${UBUNTU_USER})"
  exit 1
fi
if [ "$(readlink -f ${ALIAS_HOME})" != "$(readlink -f "$home")" ]; then
  echo "${ALIAS_HOME} is not a link to $home"
  exit 1
fi
if [ ! -e ${LINGER} ]; then
  echo "the user ${UBUNTU_USER} does not linger: there is no ${LINGER}"
  exit 1
fi
if [ ! -d ${DOCKER_CONFIG} ]; then
  echo "there is no folder ${DOCKER_CONFIG}"
  exit 1
fi
for file in "$home/.profile" "$home/.bashrc"; do
  grep -qF "$home/.local/bin" "$file" || {
    echo "$file does not put $home/.local/bin on PATH"
    exit 1
  }
done
`;

/** The part that creates the user for workflows, its groups and its alias, and the folders that consumers expect. */
export const usersPart: GuestPart = { name: 'users', script, check };
