import type { HookContext, JujuEvent } from './hook-context.ts';
import type { Model } from '../model/model.ts';
import { nameOf } from '../model/relations.ts';

/** The paths of a unit's agent. */
export interface AgentPaths {
  readonly charmDir: string;
  readonly toolsDir: string;
  readonly socket: string;
}

type Variables = Readonly<Record<string, string>>;

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Returns the complete environment that Juju 3.6 passes to the charm's process. */
export function hookEnvironment(context: HookContext, { charmDir, toolsDir, socket }: AgentPaths): Variables {
  const { model, event, name } = context;
  return {
    ...legacyProxies(model),
    CHARM_DIR: charmDir,
    JUJU_CHARM_DIR: charmDir,
    JUJU_CONTEXT_ID: context.id,
    JUJU_HOOK_NAME: isHook(event) ? name : '',
    JUJU_AGENT_SOCKET_ADDRESS: socket,
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    ...unitVariables(model),
    ...charmProxies(model),
    APT_LISTCHANGES_FRONTEND: 'none',
    DEBIAN_FRONTEND: 'noninteractive',
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
    PATH: `${toolsDir}:${SYSTEM_PATH}`,
    ...relationVariables(context),
    ...secretVariables(context),
    ...actionVariables(event),
    ...dispatchVariables(context),
  };
}

function isHook({ kind }: JujuEvent): boolean {
  return kind !== 'action' && kind !== 'exec';
}

function unitVariables(model: Model): Variables {
  return {
    JUJU_UNIT_NAME: model.unit,
    JUJU_MODEL_UUID: model.uuid,
    JUJU_MODEL_NAME: model.name,
    JUJU_API_ADDRESSES: '10.0.0.1:17070 10.0.0.2:17070',
    JUJU_MACHINE_ID: model.machineId,
    JUJU_PRINCIPAL_UNIT: '',
    JUJU_AVAILABILITY_ZONE: 'nova',
    JUJU_VERSION: model.jujuVersion,
    JUJU_SLA: 'unsupported',
    CLOUD_API_VERSION: '',
  };
}

/** Returns variables such as http_proxy, which are set only when the model has http-proxy and the like. */
function legacyProxies({ settings }: Model): Variables {
  const names = ['http', 'https', 'ftp', 'no'];
  const entries = names.flatMap((name): [string, string][] => {
    const value = settings[`${name}-proxy`] ?? '';
    if (value === '') return [];
    return [
      [`${name}_proxy`, value],
      [`${name.toUpperCase()}_PROXY`, value],
    ];
  });
  return Object.fromEntries(entries);
}

function charmProxies({ settings }: Model): Variables {
  return {
    JUJU_CHARM_HTTP_PROXY: settings['juju-http-proxy'] ?? '',
    JUJU_CHARM_HTTPS_PROXY: settings['juju-https-proxy'] ?? '',
    JUJU_CHARM_FTP_PROXY: settings['juju-ftp-proxy'] ?? '',
    JUJU_CHARM_NO_PROXY: settings['juju-no-proxy'] ?? '127.0.0.1,localhost,::1',
  };
}

function relationVariables({ event, relation }: HookContext): Variables {
  if (event.kind !== 'relation' || relation === undefined) return {};
  return {
    JUJU_RELATION: relation.endpoint,
    JUJU_RELATION_ID: nameOf(relation),
    JUJU_REMOTE_APP: relation.remoteApplication,
    JUJU_REMOTE_UNIT: event.remoteUnit ?? '',
    ...(event.departingUnit === undefined ? {} : { JUJU_DEPARTING_UNIT: event.departingUnit }),
  };
}

function secretVariables({ event, model }: HookContext): Variables {
  if (event.kind !== 'secret-changed') return {};
  const label = model.secrets.find((each) => each.id === event.secretId)?.label ?? '';
  return { JUJU_SECRET_ID: `secret:${event.secretId}`, JUJU_SECRET_LABEL: label };
}

function actionVariables(event: JujuEvent): Variables {
  if (event.kind !== 'action') return {};
  const { id, name } = event.task;
  return { JUJU_ACTION_NAME: name, JUJU_ACTION_UUID: id, JUJU_ACTION_TAG: `action-${id}` };
}

function dispatchVariables({ event, name }: HookContext): Variables {
  if (event.kind === 'exec') return {};
  return { JUJU_DISPATCH_PATH: event.kind === 'action' ? `actions/${name}` : `hooks/${name}` };
}
