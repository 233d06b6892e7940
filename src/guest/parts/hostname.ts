import type { GuestPart } from '../guest-part.ts';

// /etc/hosts is written first, because sudo is slow and prints a warning while the hostname does not resolve.
// cloud-init needs no setting: it keeps a hostname that was changed by hand until the image boots as a new instance, so
// a consumer's server still gets its own name from its metadata.
const script = String.raw`
if ! grep -Eq '^127\.0\.1\.1[[:space:]](.*[[:space:]])?github-runner([[:space:]]|$)' /etc/hosts 2>/dev/null; then
  printf '\n127.0.1.1 github-runner\n' >>/etc/hosts
fi
echo github-runner >/etc/hostname
if ! hostnamectl set-hostname github-runner; then
  hostname github-runner
fi
`;

const check = String.raw`
grep -Eq '^127\.0\.1\.1[[:space:]](.*[[:space:]])?github-runner([[:space:]]|$)' /etc/hosts || {
  echo '/etc/hosts does not name github-runner'
  exit 1
}
if [ "$(cat /etc/hostname)" != github-runner ] || [ "$(uname -n)" != github-runner ]; then
  echo "the hostname is '$(uname -n)', in /etc/hostname '$(cat /etc/hostname)', not 'github-runner'"
  exit 1
fi
`;

/** The part that sets the hostname for the time of the build. */
export const hostnamePart: GuestPart = { name: 'hostname', script, check };
