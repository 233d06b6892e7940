import type { GuestPart } from '../guest-part.ts';

const script = `
mkdir -p /usr/local/bin
chmod 777 /usr/local/bin
`;

const check = `
mode=$(ls -ld /usr/local/bin | cut -c 1-10)
if [ "$mode" != drwxrwxrwx ]; then
  echo "/usr/local/bin has the mode '$mode', not 'drwxrwxrwx'"
  exit 1
fi
`;

/** The part that makes /usr/local/bin writable for workflows without sudo, as on GitHub's own runners. */
export const localBinPart: GuestPart = { name: 'local-bin', script, check };
