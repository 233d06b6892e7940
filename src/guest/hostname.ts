import type { GuestPart } from './part.ts';

// /etc/hosts comes first: with a hostname that does not resolve, every sudo waits and complains.
// cloud-init leaves a hostname alone that differs from the one it set, until it meets a new instance:
// so it needs no setting here, and a consumer's server still gets its own name from its metadata.
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

/** The hostname while the image is built. */
export const hostname: GuestPart = { name: 'hostname', script, check };
