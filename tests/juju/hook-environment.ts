/** The environment that Juju 3.6 passes to every hook. */
export const HOOK_ENVIRONMENT = {
  CHARM_DIR: '/var/lib/juju/agents/unit-builder-0/charm',
  JUJU_CHARM_DIR: '/var/lib/juju/agents/unit-builder-0/charm',
  JUJU_CONTEXT_ID: 'builder/0-config-changed-5b0a1f',
  JUJU_HOOK_NAME: 'config-changed',
  JUJU_DISPATCH_PATH: 'hooks/config-changed',
  JUJU_AGENT_SOCKET_ADDRESS: '@/var/lib/juju/agents/unit-builder-0/agent.socket',
  JUJU_AGENT_SOCKET_NETWORK: 'unix',
  JUJU_UNIT_NAME: 'builder/0',
  JUJU_MODEL_UUID: '5f7a4c1e-6a0b-4d0e-8f52-1d1f3cbe0a11',
  JUJU_MODEL_NAME: 'ci',
  JUJU_MACHINE_ID: '0',
  JUJU_PRINCIPAL_UNIT: '',
  JUJU_VERSION: '3.6.12',
  JUJU_CHARM_HTTP_PROXY: '',
  JUJU_CHARM_HTTPS_PROXY: '',
  JUJU_CHARM_FTP_PROXY: '',
  JUJU_CHARM_NO_PROXY: '',
  LANG: 'C.UTF-8',
  PATH: '/var/lib/juju/tools/unit-builder-0:/usr/sbin:/usr/bin:/sbin:/bin',
} as const;

/** The variables that differ for actions and juju-exec. */
export const NO_HOOK = { JUJU_HOOK_NAME: '', JUJU_DISPATCH_PATH: undefined } as const;
