import type { ContractCase } from '../contract.ts';
import { flavorCases } from './flavors.ts';
import { floatingIpCases } from './floating-ips.ts';
import { identityCases } from './identity.ts';
import { imageChangeCases } from './image-changes.ts';
import { imageDataCases } from './image-data.ts';
import { imageListCases } from './image-lists.ts';
import { imageMemberCases } from './image-members.ts';
import { imageCases } from './images.ts';
import { keypairCases } from './keypairs.ts';
import { networkCases } from './networks.ts';
import { portCases } from './ports.ts';
import { securityGroupCases } from './security-groups.ts';
import { serverCases } from './servers.ts';

/** All behaviour of OpenStack that the product relies on. */
export const CONTRACT: readonly ContractCase[] = [
  ...identityCases,
  ...imageCases,
  ...imageListCases,
  ...imageChangeCases,
  ...imageDataCases,
  ...imageMemberCases,
  ...flavorCases,
  ...networkCases,
  ...keypairCases,
  ...securityGroupCases,
  ...portCases,
  ...floatingIpCases,
  ...serverCases,
];
