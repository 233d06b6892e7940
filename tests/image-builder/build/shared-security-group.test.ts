import { expect, test } from '@jest/globals';
import {
  admitThisMachine,
  ensureSharedSecurityGroup,
} from '../../../src/image-builder/build/shared-security-group.ts';
import { securityGroupOf } from '../../../src/image-builder/openstack-builder.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';
import { uuidOf } from '../../support/uuid-of.ts';

const at = useHttpCloud();
const GROUPS = 'GET /v2.0/security-groups';
const RULES = 'POST /v2.0/security-group-rules';
const ssh = {
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
  remote_ip_prefix: '192.0.2.0/24',
};
const INGRESS = { sshPort: 22, sources: ['192.0.2.0/24', '192.0.2.0/24'] };
const icmp = { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' };
const none = { port_range_min: null, port_range_max: null };
const group = (id: string, rules: readonly object[], created_at = '2026-11-21T08:00:00Z') => ({
  id: uuidOf(id),
  name: 'g',
  created_at,
  security_group_rules: rules,
});
const createdRules = () =>
  at.http
    .requests(RULES)
    .map(({ json }) => (json as { security_group_rule: Record<string, unknown> }).security_group_rule);

test('The security group of an application is created once with its rules', async () => {
  at.http.on(GROUPS, [{ body: { security_groups: [] } }, { body: { security_groups: [group('g1', [])] } }]);
  at.http.on('POST /v2.0/security-groups', { status: 201, body: { security_group: group('g1', []) } });
  at.http.on(RULES, { status: 201, body: {} });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS)).id).toBe(uuidOf('g1'));
  expect(createdRules()).toEqual([
    { ...icmp, security_group_id: uuidOf('g1') },
    { ...ssh, security_group_id: uuidOf('g1') },
  ]);
  expect(at.http.requests(GROUPS)[0]?.url.search).toBe('?name=g&project_id=project-1');
});

test('A complete security group is used unchanged', async () => {
  at.http.on(GROUPS, { body: { security_groups: [group('g1', [{ ...icmp, ...none }, ssh])] } });
  await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS);
  expect(at.http.requests().filter(({ method }) => method === 'POST')).toHaveLength(1); // only the login
});

test.each([
  ['SSH', [{ ...icmp, ...none }], 'tcp'],
  ['SSH from this network', [icmp, { ...ssh, remote_ip_prefix: null }], 'tcp'],
  ['SSH over IPv4', [icmp, { ...ssh, ethertype: 'IPv6' }], 'tcp'],
  ['incoming SSH', [icmp, { ...ssh, direction: 'egress' }], 'tcp'],
  ['ICMP', [ssh], 'icmp'],
])('A security group without a rule for %s gets it', async (_, rules, protocol) => {
  at.http.on(GROUPS, { body: { security_groups: [group('g1', rules)] } });
  at.http.on(RULES, { status: 201, body: {} });
  await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS);
  expect(createdRules()).toMatchObject([{ protocol }]);
});

test('A rule that another build creates at the same time is not an error', async () => {
  at.http.on(GROUPS, { body: { security_groups: [group('g1', [ssh])] } });
  at.http.on(RULES, { status: 409, body: { NeutronError: { message: 'exists' } } });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS)).id).toBe(uuidOf('g1'));
});

test('The older of two security groups created at the same time is used, and the newer is deleted', async () => {
  const [old, ours] = [group('old', [icmp, ssh], '2026-11-21T07:59:59Z'), group('ours', [])];
  at.http.on(GROUPS, [{ body: { security_groups: [] } }, { body: { security_groups: [ours, old] } }]);
  at.http.on('POST /v2.0/security-groups', { status: 201, body: { security_group: ours } });
  at.http.on(`DELETE /v2.0/security-groups/${uuidOf('ours')}`, { status: 204 });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS)).id).toBe(uuidOf('old'));
  expect(at.http.requests('DELETE /v2.0/security-groups/*')).toHaveLength(1);
});

test.each([
  ['stays when the build of the newer one deletes that', false, 'ours'],
  ['is deleted when the newer one stays, because its build did not see the older one', true, 'new'],
])('The older of two security groups created at the same time %s', async (_, stays, used) => {
  const [ours, other] = [group('ours', [icmp, ssh]), group('new', [icmp, ssh], '2026-11-21T08:00:01Z')];
  const both = { body: { security_groups: [other, ours] } };
  const last = stays ? both : { body: { security_groups: [ours] } };
  at.http.on(GROUPS, [{ body: { security_groups: [] } }, both, both, last]);
  at.http.on('POST /v2.0/security-groups', { status: 201, body: { security_group: ours } });
  at.http.on(`DELETE /v2.0/security-groups/${uuidOf('ours')}`, { status: 204 });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS)).id).toBe(uuidOf(used));
  expect(at.http.requests('DELETE /v2.0/security-groups/*')).toHaveLength(stays ? 1 : 0);
});

test('A security group whose name only has the same prefix is not used', async () => {
  const other = { ...group('x', [icmp, ssh]), name: 'g-2' };
  at.http.on(GROUPS, { body: { security_groups: [other] } });
  at.http.on('POST /v2.0/security-groups', {
    status: 201,
    body: { security_group: group('g1', [icmp, ssh]) },
  });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', INGRESS)).id).toBe(uuidOf('g1'));
});

test('This machine is admitted with the address that it uses towards each address of a server', async () => {
  at.http.on(RULES, { status: 201, body: {} });
  const sources = new Map([
    ['10.1.0.5', '10.0.0.4'],
    ['10.2.0.5', '10.0.0.4'],
    ['fd00::5', 'fd00::4'],
  ]);
  const findSourceAddress = (address: string) => Promise.resolve(sources.get(address));
  const server = { id: uuidOf('g1'), name: 'g', createdAt: '', rules: [] };
  const addresses = [...sources.keys(), '203.0.113.1'];
  await admitThisMachine(at.cloud, server, addresses, { sshPort: 2222, findSourceAddress });
  expect(createdRules()).toMatchObject([
    { ethertype: 'IPv4', remote_ip_prefix: '10.0.0.4/32', port_range_min: 2222, port_range_max: 2222 },
    { ethertype: 'IPv6', remote_ip_prefix: 'fd00::4/128', port_range_min: 2222, port_range_max: 2222 },
  ]);
});

test('Each application has a security group of its own', () => {
  expect(securityGroupOf({ application: 'app' })).toBe('github-runner-image-builder-v1-app');
  expect(securityGroupOf({ application: 'a'.repeat(300) })).toHaveLength(255);
});
