import { BlockList, isIP } from 'node:net';

/** Reports whether `word` is an IPv4 or IPv6 network in CIDR notation. */
export function isCidr(word: string): boolean {
  const [network = '', prefix = '', ...rest] = word.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(network)] ?? -1;
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

/** The most networks of one option: each becomes a rule, of which a project has 100 by default. */
const MAX_CIDRS = 20;

/** The networks in a text, and what is wrong with it. */
export interface CidrList {
  readonly cidrs: readonly string[];
  readonly problem: { readonly expected: string; readonly got: string } | undefined;
}

/** Reads a list of networks with commas between them. */
export function readCidrs(list: string): CidrList {
  const cidrs = list.split(/[\s,]+/).filter((word) => word !== '');
  const invalid = cidrs.filter((word) => !isCidr(word));
  const fail = (expected: string, got: string): CidrList => ({ cidrs, problem: { expected, got } });
  if (invalid.length > 0) return fail('a comma list of networks like 127.0.0.0/8', invalid.join(', '));
  if (cidrs.length > MAX_CIDRS) return fail(`at most ${MAX_CIDRS} networks`, `${cidrs.length}`);
  return { cidrs, problem: undefined };
}

/** Creates a list of networks. Throws when one of them is not in CIDR notation. */
export function networkList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    list.addSubnet(network, Number(prefix), familyOf(network));
  }
  return list;
}

/** Reports whether `address` is in one of the networks of `list`. */
export function isListed(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
