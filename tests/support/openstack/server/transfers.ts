import type { IncomingMessage } from 'node:http';
import type { Fault } from './fault-injector.ts';
import { type Link, type Transfer, openLink } from './link.ts';

/** Finds the fault with a key. */
export function findFault<K extends string>(
  faults: readonly Fault[],
  key: K,
): Extract<Fault, Readonly<Record<K, unknown>>> | undefined {
  return faults.find(
    (fault): fault is Extract<Fault, Readonly<Record<K, unknown>>> =>
      typeof fault === 'object' && key in fault,
  );
}

/** Reports whether the body of a request or a response of this route is image data. */
export const isData = (route: string): boolean => route.endsWith('/file');

/** Reports whether the body of a request of this route is image data. */
export const isUpload = (route: string): boolean => isData(route) && route.startsWith('PUT ');

/** Returns the link of a transfer. By default only image data passes the link of the cloud. */
function findLink(route: string, faults: readonly Fault[], link: Link | undefined): Link | undefined {
  const slow = findFault(faults, 'bytesPerSecond');
  if (slow !== undefined) return openLink(slow.bytesPerSecond);
  return isData(route) ? link : undefined;
}

/** Returns the conditions under which the body of a request arrives. */
export function findUpload(
  request: IncomingMessage,
  route: string,
  faults: readonly Fault[],
  link: Link | undefined,
): Transfer {
  const stall = findFault(faults, 'stallUpload');
  return {
    link: findLink(route, faults, link),
    cutAfter: findFault(faults, 'cutUpload')?.cutUpload,
    stall: stall && { after: stall.stallUpload, until: waitForClose(request) },
    isDamaged: faults.includes('damaged upload'),
    endsAfter: isUpload(route) ? findFault(faults, 'heldUntil')?.heldUntil : undefined,
  };
}

function waitForClose(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => void request.once('close', resolve));
}

/** Returns the conditions under which the body of a response is sent. */
export function findDownload(
  route: string,
  faults: readonly Fault[],
  link: Link | undefined,
): Pick<Transfer, 'link' | 'cutAfter'> {
  return {
    link: findLink(route, faults, link),
    cutAfter: findFault(faults, 'cutDownload')?.cutDownload,
  };
}
