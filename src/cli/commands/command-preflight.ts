import { BASE_SPELLINGS, type Base } from '../../model/image/base.ts';
import { Secret } from '../../model/secret.ts';
import { RUN_OPTIONS } from './command-run.ts';
import { type Options, defineCommand } from './command.ts';
import {
  BUILD_CLOUD_OPTIONS,
  NETWORK_OPTIONS,
  configByHand,
  uploadCloudsOption,
} from './options/option-groups.ts';
import { NO_SECRETS, orderByHand } from './order-by-hand.ts';

const { flavor, sshPort, runnerVersion, runnerReleasesUrl, readScriptUrl, guest } = RUN_OPTIONS;
const { aptMirror, npmRegistry, yqUrl, snapProxy, dockerMirror } = RUN_OPTIONS;

const OPTIONS = {
  bases: {
    flags: '--base-image <list>',
    about: `comma-separated list of bases: ${BASE_SPELLINGS.join(', ')}`,
    defaultText: 'noble',
    read: (reader) => reader.bases(),
  },
  ...{ flavor, sshPort, runnerVersion, runnerReleasesUrl, readScriptUrl },
  ...NETWORK_OPTIONS,
  uploadClouds: uploadCloudsOption('comma-separated list of clouds of clouds.yaml that receive the image'),
  ...{ guest, dockerMirror, aptMirror, npmRegistry, yqUrl, snapProxy },
  ...BUILD_CLOUD_OPTIONS,
} as const satisfies Options;

/** Checks what a build needs. */
export const PREFLIGHT = defineCommand({
  name: 'preflight',
  about: 'Checks whether clouds and downloads have what a build needs, and builds nothing.',
  options: OPTIONS,
  waits: ['fetchTimeout'],
  notes:
    '\nAll checks are made; each line has its outcome (ok, failed, skipped), reason and remedy. The exit code is that of' +
    '\nthe first failed check. Creates the security group of the builders if it is missing, as every build does.',
  toRequest: (values, call) => {
    const scriptUrl = values.readScriptUrl(call.host.scriptUrl);
    const configOf = (base: Base) =>
      configByHand({
        ...values,
        base,
        image: {
          runnerVersion: values.runnerVersion,
          scriptUrl: scriptUrl === '' ? '' : 'secrets.json',
          content: { ...values.guest.content, keptProxy: '' },
        },
        cloud: {
          buildCloud: call.settings.cloudName,
          buildFlavor: values.flavor,
          buildNetwork: values.network,
          floatingNetwork: values.floatingNetwork,
        },
        externalService: {
          ...(values.runnerReleasesUrl === '' ? {} : { runnerReleasesUrl: values.runnerReleasesUrl }),
          sources: values.guest.sources,
        },
      });
    const [first, ...others] = values.bases;
    const entries = [configOf(first), ...others.map(configOf)] as const;
    const secrets = { ...NO_SECRETS, scriptUrl: new Secret(scriptUrl) };
    return orderByHand({ kind: 'preflight', entries, cloudIds: values.uploadClouds }, call, secrets);
  },
});
