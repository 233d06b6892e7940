import type { GuestPart } from '../../guest/guest-part.ts';
import { renderInstall } from '../../guest/install-part.ts';

/** Returns the shell program that installs the parts one after the other, without their environments, which may be secret. */
export function renderScript(parts: readonly GuestPart[]): string {
  const head = [
    '#!/bin/sh',
    '# Everything that github-runner-image-builder installs in the guest, in this order, for a person to read. The build',
    '# adds proxies and mirrors, installs independent parts at the same time, checks every part, and cleans up.',
  ];
  const ordered = parts.map(({ name, script, check }) => renderInstall({ name, script, check }));
  return [...head, ...ordered].join('\n\n');
}
