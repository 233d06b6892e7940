import { expect, test } from '@jest/globals';
import { ensureSharedSecurityGroup } from '../../../src/image-builder/build/shared-security-group.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';

const at = useHttpCloud();
const GROUPS = 'GET /v2.0/security-groups';
const RULES = 'POST /v2.0/security-group-rules';
const ssh = {
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
};
const icmp = { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' };
const none = { port_range_min: null, port_range_max: null };
const group = (id: string, rules: readonly object[], created_at = '2026-11-21T08:00:00Z') => ({
  id,
  name: 'g',
  created_at,
  security_group_rules: rules,
});
const createdRules = () =>
  at.http
    .requests(RULES)
    .map(({ json }) => (json as { security_group_rule: Record<string, unknown> }).security_group_rule);

test('The shared security group is created once with its rules', async () => {
  at.http.on(GROUPS, [{ body: { security_groups: [] } }, { body: { security_groups: [group('g1', [])] } }]);
  at.http.on('POST /v2.0/security-groups', { status: 201, body: { security_group: group('g1', []) } });
  at.http.on(RULES, { status: 201, body: {} });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', 22)).id).toBe('g1');
  expect(createdRules()).toEqual([
    { ...icmp, security_group_id: 'g1' },
    { ...ssh, security_group_id: 'g1' },
  ]);
  expect(at.http.requests(GROUPS)[0]?.url.search).toBe('?name=g&project_id=project-1');
});

test('A complete security group is used unchanged', async () => {
  at.http.on(GROUPS, { body: { security_groups: [group('g1', [{ ...icmp, ...none }, ssh])] } });
  await ensureSharedSecurityGroup(at.cloud, 'g', 22);
  expect(at.http.requests().filter(({ method }) => method === 'POST')).toHaveLength(1); // only the login
});

test.each([
  ['SSH', [{ ...icmp, ...none }], 'tcp'],
  ['SSH over IPv4', [icmp, { ...ssh, ethertype: 'IPv6' }], 'tcp'],
  ['incoming SSH', [icmp, { ...ssh, direction: 'egress' }], 'tcp'],
  ['ICMP', [ssh], 'icmp'],
])('A security group without a rule for %s gets it', async (_, rules, protocol) => {
  at.http.on(GROUPS, { body: { security_groups: [group('g1', rules)] } });
  at.http.on(RULES, { status: 201, body: {} });
  await ensureSharedSecurityGroup(at.cloud, 'g', 22);
  expect(createdRules()).toMatchObject([{ protocol }]);
});

test('A rule that another build creates at the same time is not an error', async () => {
  at.http.on(GROUPS, { body: { security_groups: [group('g1', [ssh])] } });
  at.http.on(RULES, { status: 409, body: { NeutronError: { message: 'exists' } } });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', 22)).id).toBe('g1');
});

test('The older of two security groups created at the same time is used, and the newer is deleted', async () => {
  const [old, ours] = [group('old', [icmp, ssh], '2026-11-21T07:59:59Z'), group('ours', [])];
  at.http.on(GROUPS, [{ body: { security_groups: [] } }, { body: { security_groups: [ours, old] } }]);
  at.http.on('POST /v2.0/security-groups', { status: 201, body: { security_group: ours } });
  at.http.on('DELETE /v2.0/security-groups/ours', { status: 204 });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', 22)).id).toBe('old');
  expect(at.http.requests('DELETE /v2.0/security-groups/*')).toHaveLength(1);
});

test('A security group whose name only has the same prefix is not used', async () => {
  const other = { ...group('x', [icmp, ssh]), name: 'g-2' };
  at.http.on(GROUPS, { body: { security_groups: [other] } });
  at.http.on('POST /v2.0/security-groups', {
    status: 201,
    body: { security_group: group('g1', [icmp, ssh]) },
  });
  expect((await ensureSharedSecurityGroup(at.cloud, 'g', 22)).id).toBe('g1');
});
