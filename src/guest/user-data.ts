import type { GuestPart } from './part.ts';
import { ENVIRONMENT, STATE_FOLDER } from './places.ts';
import { quoteForShell } from './quote.ts';

/** Nova takes 65,535 bytes of base64. */
const MAX_BYTES = 45_000;

interface Places {
  readonly state: string;
  readonly console: string;
  readonly ssh: string;
}

const PLACES: Places = { state: STATE_FOLDER, console: '/dev/console', ssh: '/etc/ssh' };

/** What begins each of our lines on the console of the server that build `buildId` made. */
export function consoleMarker(buildId: string): string {
  return `github-runner-image-builder ${buildId} `;
}

// Kernel messages share the console: each line of ours begins on a new one, and what matters is said twice.
// A console that cannot be written to fails nothing.
const FUNCTIONS = String.raw`
say() { printf '\n%s%s\n' "$MARKER" "$1" 2>/dev/null >>"$CONSOLE" || :; }

say_host_keys() {
  for key in "$SSH"/ssh_host_*_key.pub; do
    if [ ! -s "$key" ]; then continue; fi
    digest=$(cut -d ' ' -f 2 "$key" | base64 -d | sha256sum | cut -c 1-64)
    say "host-key $(cut -d ' ' -f 1 "$key") $digest"
  done
}

wait_for_host_keys() {
  seconds=0
  while [ -d "$SSH" ] && [ "$seconds" -lt 60 ]; do
    if ls "$SSH"/ssh_host_*_key.pub >/dev/null 2>&1; then return; fi
    sleep 1
    seconds=$((seconds + 1))
  done
}

give_up() { # PART EXIT-CODE
  tail -n 20 "$STATE/$1.log" 2>/dev/null | tr -d '\000-\010\013-\037\177' | cut -c 1-300 |
    while IFS= read -r line; do say "log $line"; done
  say "failed $1 $2"
  say "failed $1 $2"
  exit 1
}

run_part() { # NAME SCRIPT
  began=$(date +%s)
  sh -eu -c "$2" </dev/null >"$STATE/$1.log" 2>&1
  code=$?
  if [ "$code" -ne 0 ]; then give_up "$1" "$code"; fi
  seconds=$(($(date +%s) - began))
  if [ "$seconds" -lt 0 ]; then seconds=0; fi # the clock was set meanwhile
  echo "$1 $seconds" >>"$STATE/parts"
}
`;

/**
 * The program that cloud-init runs as root at the first boot: it tells the host keys' fingerprints to the console
 * before anything can fail, then brings in each part, and tells the console which one failed or that it is ready.
 */
export function renderUserData(
  buildId: string,
  parts: readonly GuestPart[],
  places: Places = PLACES,
): string {
  const text = [
    '#!/bin/sh',
    '# Written by github-runner-image-builder: the first boot of the server of which an image is made.',
    'set -u',
    'umask 022',
    'cd /',
    ENVIRONMENT,
    `STATE=${quoteForShell(places.state)} CONSOLE=${quoteForShell(places.console)} SSH=${quoteForShell(places.ssh)}`,
    `MARKER=${quoteForShell(consoleMarker(buildId))}`,
    FUNCTIONS,
    'wait_for_host_keys',
    'say_host_keys',
    '{ mkdir -p "$STATE" && chmod 700 "$STATE" && : >"$STATE/parts"; } || give_up state-folder 1',
    ...parts.map(({ name, script }) => `run_part ${name} ${quoteForShell(script)}`),
    'say_host_keys',
    'say ready',
    '',
  ].join('\n');
  const bytes = new TextEncoder().encode(text).length;
  if (bytes >= MAX_BYTES) throw new Error(`user data of ${bytes} bytes, where Nova takes ${MAX_BYTES}`);
  return text;
}
