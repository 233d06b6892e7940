import { ROOT_ENVIRONMENT } from './paths.ts';
import { quoteForShell } from '../model/text/quote-for-shell.ts';
import { SNAP_PATH } from './shell/snap.ts';
import { TRY } from './shell/try-command.ts';
import { BUILD_SERVER_LINE } from './user-data.ts';

/** The folder of what a server does at its first boot, and of the files for it. */
const FOLDER = '/var/lib/github-runner-first-boot';
const FILES = `${FOLDER}/files`;
const DONE = `${FOLDER}/done`;
const UNIT = 'github-runner-first-boot.service';

// Consumers start the runner from user data, which cloud-init runs in its last stage, and that waits for this unit. systemd
// ends it after ten minutes, and then the runner starts without MicroK8s or Juju rather than never.
const UNIT_TEXT = `[Unit]
Description=Make the MicroK8s and the Juju controllers of this server
ConditionPathExists=!${DONE}
Wants=network-online.target
After=network-online.target snapd.seeded.service cloud-config.service
Before=cloud-final.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${FOLDER}/run
TimeoutStartSec=600

[Install]
WantedBy=cloud-init.target
`;

// A build server that boots an image with these parts would make keys that the image must not contain.
const PROGRAM = `#!/bin/sh
# Makes what this server must not share with others of the same image.
set -eu
${ROOT_ENVIRONMENT}
${SNAP_PATH}
if grep -qsxF ${quoteForShell(BUILD_SERVER_LINE)} /var/lib/cloud/instance/user-data.txt; then
  echo 'this server builds an image: nothing is made'
  exit 0
fi
for step in ${FOLDER}/steps/*; do
  echo "first boot: \${step##*/}"
  sh -eu "$step" || {
    echo "first boot: \${step##*/} failed with exit code $?"
    exit 1
  }
done
rm -rf ${FILES}
: >${DONE}
`;

/**
 * The shell functions `keep_snap NAME`, which keeps the file of an installed snap for the first boot, and
 * `restore_snap NAME CHANNEL [FLAG]`, which installs it without the store. snapd knows its assertions already.
 */
export const KEPT_SNAP = String.raw`
keep_snap() { # NAME
  if [ -s ${FILES}/"$1.snap" ]; then return 0; fi
  try mkdir -p ${FILES}
  rows=$(try snap list --all "$1")
  # shellcheck disable=SC2016
  revision=$(printf '%s\n' "$rows" | try awk -v name="$1" '$1 == name { print $3; exit }')
  try cp "/var/lib/snapd/snaps/$1_$revision.snap" ${FILES}/"$1.snap.new"
  try mv ${FILES}/"$1.snap.new" ${FILES}/"$1.snap"
}

restore_snap() { # NAME CHANNEL [FLAG]
  if snap list --all "$1" >/dev/null 2>&1; then return 0; fi
  try_within 300 snap wait system seed.loaded
  try_within 300 snap install ${FILES}/"$1.snap" ${'${'}3:+"$3"}
  try snap switch "--channel=$2" "$1"
}
`;

/** Returns the path of a file that is kept for the first boot, after which it is deleted. */
export function keptFile(name: string): string {
  return `${FILES}/${name}`;
}

/** Returns the shell program that adds a step to the first boot. Steps run in the order of their names. */
export function renderStep(name: string, program: string): string {
  return `
try mkdir -p ${FOLDER}/steps ${FILES} /etc/systemd/system
printf '%s' ${quoteForShell(`${TRY}${program}`)} >${FOLDER}/steps/${name}
printf '%s' ${quoteForShell(PROGRAM)} >${FOLDER}/run
printf '%s' ${quoteForShell(UNIT_TEXT)} >/etc/systemd/system/${UNIT}
try systemctl daemon-reload
try systemctl enable ${UNIT}
`;
}

/** Returns the shell program that checks that a server will take the step at its first boot, or has taken it. */
export function renderStepCheck(name: string, files: readonly string[]): string {
  return `
if [ ! -e ${DONE} ]; then
  for file in ${[`${FOLDER}/run`, `${FOLDER}/steps/${name}`, ...files.map(keptFile)].join(' ')}; do
    if [ ! -s "$file" ]; then
      echo "the first boot needs the file $file, which is missing or empty"
      exit 1
    fi
  done
  systemctl is-enabled --quiet ${UNIT} || {
    echo 'the unit ${UNIT} is not enabled: no server would get its own keys'
    exit 1
  }
  exit 0
fi
`;
}

/** The shell function `wipe PATH...`, which overwrites all files below the paths before it deletes them. */
export const WIPE = String.raw`
wipe() { # PATH...
  for path; do
    if [ ! -e "$path" ] && [ ! -L "$path" ]; then continue; fi
    try find "$path" -xdev -type f -exec sh -c '
      for file; do
        blocks=$((($(wc -c <"$file") + 4095) / 4096))
        dd if=/dev/zero of="$file" bs=4096 count="$blocks" conv=notrunc,fsync 2>/dev/null || {
          echo "dd failed: could not overwrite $file"
          exit 1
        }
      done' sh {} +
    try rm -rf "$path"
  done
}
`;
