import type { RunCommand } from '../system/process/command.ts';
import { type ToolCaller, definedVariables } from './call-tool.ts';
import type { Environment } from './context.ts';
import type { HookTools } from './hook-tools.ts';
import {
  relationApplication,
  relationGet,
  relationGetApp,
  relationIds,
  relationList,
  relationSet,
  relationSetApp,
} from './relation-tools.ts';
import { secretGet } from './secret-tools.ts';
import {
  actionFail,
  actionGet,
  actionSet,
  applicationVersionSet,
  configGet,
  egressSubnets,
  isLeader,
  jujuLog,
  statusSet,
} from './unit-tools.ts';

/** Returns the hook tools on the PATH of `env`, which is the environment of a hook. */
export function createHookTools(run: RunCommand, env: Environment): HookTools {
  const caller: ToolCaller = { run, env: definedVariables(env) };
  return {
    configGet: () => configGet(caller),
    relationIds: (endpoint) => relationIds(endpoint, caller),
    relationList: (relation) => relationList(relation, caller),
    relationApplication: (relation) => relationApplication(relation, caller),
    relationGet: (relation, unit) => relationGet(relation, unit, caller),
    relationGetApp: (relation, application) => relationGetApp(relation, application, caller),
    relationSet: (relation, changes) => relationSet(relation, changes, caller),
    relationSetApp: (relation, changes) => relationSetApp(relation, changes, caller),
    secretGet: (uri) => secretGet(uri, caller),
    isLeader: () => isLeader(caller),
    egressSubnets: () => egressSubnets(caller),
    statusSet: (status) => statusSet(status, caller),
    applicationVersionSet: (version) => applicationVersionSet(version, caller),
    log: (level, message) => jujuLog(level, message, caller),
    actionGet: () => actionGet(caller),
    actionSet: (results) => actionSet(results, caller),
    actionFail: (message) => actionFail(message, caller),
  };
}
