import { expect, test } from '@jest/globals';
import { connectGuest } from '../../../src/image-builder/build/guest/reach-guest.ts';
import { ensureSharedSecurityGroup } from '../../../src/image-builder/build/shared-security-group.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { SshTarget } from '../../../src/system/ssh/ssh.ts';
import { useHttpCloud } from '../../support/cloud-fixture.ts';
import { useTestTools } from '../make-test-tools.ts';
import { uuidOf } from '../../support/uuid-of.ts';

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

test('The security group opens the configured SSH port only, and only for the configured networks', async () => {
  at.http.on('GET /v2.0/security-groups', {
    body: { security_groups: [{ id: uuidOf('g1'), name: 'g', security_group_rules: [] }] },
  });
  at.http.on(RULES, { status: 201, body: {} });
  await ensureSharedSecurityGroup(at.cloud, 'g', { sshPort: 2222, sources: ['192.0.2.0/24'] });
  const created = at.http
    .requests(RULES)
    .map(({ json }) => (json as { security_group_rule: Record<string, unknown> }).security_group_rule);
  expect(created.map((rule) => [rule['protocol'], rule['port_range_min'], rule['remote_ip_prefix']])).toEqual(
    [
      ['icmp', undefined, undefined],
      ['tcp', 2222, '192.0.2.0/24'],
    ],
  );
});
