import { lookup as lookUpHost } from 'node:dns/promises';
import { type LookupFunction, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AllowedAddresses } from '../../model/cloud/cloud-login.ts';
import { ProductError } from '../../model/errors.ts';
import { isListed, networkList } from './cidr.ts';

/** Keeps a client away from the services of the host that it runs on. */
export interface AddressGuard {
  /** Rejects with AddressError when `hostname` is an address that is not allowed. Names are checked by `lookup`. */
  readonly check: (hostname: string) => Promise<void>;
  /** Resolves a name to its allowed addresses. It runs for each connection, so a changing DNS answer cannot evade it. */
  readonly lookup: LookupFunction;
}

/** The error for an address that a client may not connect to. */
export class AddressError extends ProductError {
  readonly kind = 'denied';
}

/** The metadata services that are not link-local: of EC2, Google, Alibaba, Oracle and Azure. */
const METADATA = [
  ...['fd00:ec2::254/128', 'fd20:ce::254/128'],
  ...['100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
];

const LOCAL = networkList([
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16'],
  ...['::/128', '::1/128', 'fe80::/10'],
  ...METADATA,
]);

/** The prefixes of IPv6 addresses that a translator turns into the IPv4 address at their end. */
const TRANSLATED_PREFIXES = ['64:ff9b::', '::'];

/** Creates a guard against loopback, link-local and metadata addresses and the addresses of this host. */
export function guardAddresses(allowed: AllowedAddresses): AddressGuard {
  const networks = networkList(allowed.cidrs);
  const check = async (addresses: readonly string[], name: string): Promise<readonly string[]> => {
    const own = new Set(
      Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address)),
    );
    const isOwn = (address: string): boolean => isListed(LOCAL, address) || own.has(address);
    const isLocal = (address: string): boolean =>
      isOwn(address) || TRANSLATED_PREFIXES.some((prefix) => isOwn(ipv4After(prefix, address) ?? address));
    const free = addresses.filter((address) => !isLocal(address) || isListed(networks, address));
    if (free.length > 0) return free;
    const shared = new Set((await Promise.all(allowed.hosts.map(resolve))).flat());
    const known = addresses.filter((address) => shared.has(address));
    if (known.length > 0) return known;
    const place = name === addresses[0] ? name : `${name} (${addresses.join(', ')})`;
    throw new AddressError(`${place} is an address of this machine, its link or a metadata service`);
  };
  return {
    check: async (hostname) => {
      const address = hostname.replace(/^\[|\]$/g, '');
      if (isIP(address) !== 0) await check([plain(address)], address);
    },
    lookup: (hostname, options, callback) => {
      resolve(hostname)
        .then((found) => check(found, hostname))
        .then((found) => {
          const family = typeof options.family === 'number' ? options.family : 0;
          const all = found
            .map((address) => ({ address, family: isIP(address) }))
            .filter((entry) => family === 0 || entry.family === family);
          if (options.all === true) callback(null, all);
          else callback(null, all[0]?.address ?? '', all[0]?.family);
        })
        .catch((error: unknown) => {
          callback(error as NodeJS.ErrnoException, '', 0);
        });
    },
  };
}

/**
 * Rejects with AddressError when a host may not be called. A proxy resolves names by itself, so a name is resolved here
 * too; a name that only the proxy knows is left to it.
 */
export async function checkHost(
  guard: AddressGuard | undefined,
  hostname: string,
  isProxied: boolean,
): Promise<void> {
  await guard?.check(hostname);
  if (guard === undefined || !isProxied || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return;
  await new Promise<void>((done, reject) => {
    guard.lookup(hostname, { all: true }, (error) => {
      if (error instanceof AddressError) reject(error);
      else done();
    });
  });
}

async function resolve(hostname: string): Promise<readonly string[]> {
  const found = await lookUpHost(hostname.replace(/^\[|\]$/g, ''), { all: true });
  return found.map(({ address }) => plain(address));
}

/** Returns an IPv4 address that is mapped to IPv6 in dotted notation, and any other address unchanged. */
function plain(address: string): string {
  if (isIP(address) !== 6) return address;
  const host = new URL(`http://[${address.split('%')[0] ?? ''}]`).hostname.slice(1, -1);
  return ipv4After('::ffff:', host) ?? host;
}

/** Returns the IPv4 address at the end of an IPv6 address, in dotted notation, if `prefix` is all that is before it. */
function ipv4After(prefix: string, address: string): string | undefined {
  const end = address.startsWith(prefix) ? address.slice(prefix.length) : '';
  const [, high, low] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(end) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bits = Number.parseInt(high, 16) * 65536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
