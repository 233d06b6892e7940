import { UBUNTU_USER } from '../../model/ubuntu-user.ts';
import type { GuestPart } from '../guest-part.ts';
import { FIND_HOME } from '../paths.ts';

const GROUPS = 'docker microk8s lxd sudo adm';

// Debian and Ubuntu have groupadd, usermod and useradd; busybox has addgroup and adduser.
const functions = `
add_group() {
  if grep -q "^$1:" /etc/group; then return 0; fi
  if command -v groupadd; then groupadd --system "$1"; else addgroup -S "$1"; fi
}

add_member() {
  if command -v usermod; then usermod -a -G "$1" ${UBUNTU_USER}; else adduser ${UBUNTU_USER} "$1"; fi
}

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
`;

// The line is inserted at the top, because Ubuntu's .bashrc returns early in a non-interactive shell.
const script = `${functions}
add_user
for group in ${GROUPS}; do
  add_group "$group"
  add_member "$group"
done

${FIND_HOME}
line=$(printf 'case ":$PATH:" in *":%s:"*) ;; *) export PATH="%s:$PATH" ;; esac' "$home/.local/bin" "$home/.local/bin")
for file in "$home/.profile" "$home/.bashrc"; do
  if grep -qxF "$line" "$file" 2>/dev/null; then continue; fi
  { printf '%s\\n' "$line"; if [ -e "$file" ]; then cat "$file"; fi; } >"$file.new"
  cat "$file.new" >"$file"
  rm "$file.new"
  chown "$(id -u ${UBUNTU_USER}):$(id -g ${UBUNTU_USER})" "$file"
done
`;

const check = `
${FIND_HOME}
for group in ${GROUPS}; do
  members=$(awk -F: -v group="$group" '$1 == group { print $4 }' /etc/group | tr , ' ')
  if [ "$(id -u ${UBUNTU_USER})" -eq 0 ]; then
    answer=$members
    name=${UBUNTU_USER}
  else
    answer=$(id -nG ${UBUNTU_USER})
    name=$group
  fi
  case " $answer " in *" $name "*) ;; *)
    echo "the user ${UBUNTU_USER} is not in the group $group"
    exit 1
  esac
done
for file in "$home/.profile" "$home/.bashrc"; do
  grep -qF "$home/.local/bin" "$file" || {
    echo "$file does not put $home/.local/bin on PATH"
    exit 1
  }
done
`;

/** The part that creates the user for workflows and adds it to the groups that it needs. */
export const usersPart: GuestPart = { name: 'users', script, check };
