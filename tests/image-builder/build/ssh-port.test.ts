import { expect, test } from '@jest/globals';
import { connectGuest } from '../../../src/image-builder/build/reach-guest.ts';
import { ensureSharedSecurityGroup } from '../../../src/image-builder/build/shared-security-group.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { SshTarget } from '../../../src/system/ssh/ssh.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';

const at = useHttpCloud();
const makeTools = useTestTools(at);
const RULES = 'POST /v2.0/security-group-rules';
const SERVER = {
  id: 's1',
  name: 's',
  status: 'ACTIVE',
  taskState: undefined,
  createdAt: '',
  metadata: {},
  addresses: ['192.0.2.1'],
  imageId: undefined,
  fault: undefined,
};

test('A guest is reached at the configured SSH port', async () => {
  const targets: SshTarget[] = [];
  const { tools } = makeTools({
    sshPort: 2222,
    connectSsh: (target) => {
      targets.push(target);
      return Promise.resolve({ run: () => Promise.reject(new Error('no command')), close: () => undefined });
    },
  });
  await connectGuest(
    at.cloud,
    SERVER,
    { hostKeyFingerprints: ['SHA256:x'], privateKey: new Secret('key') },
    tools,
  );
  expect(targets).toMatchObject([{ host: '192.0.2.1', port: 2222, username: 'ubuntu' }]);
});

test('The security group opens the configured SSH port in addition to port 22', async () => {
  at.http.on('GET /v2.0/security-groups', {
    body: { security_groups: [{ id: 'g1', name: 'g', security_group_rules: [] }] },
  });
  at.http.on(RULES, { status: 201, body: {} });
  await ensureSharedSecurityGroup(at.cloud, 'g', 2222);
  const created = at.http
    .requests(RULES)
    .map(({ json }) => (json as { security_group_rule: Record<string, unknown> }).security_group_rule);
  expect(created.map(({ protocol, port_range_min }) => [protocol, port_range_min])).toEqual([
    ['icmp', undefined],
    ['tcp', 22],
    ['tcp', 2222],
  ]);
});
