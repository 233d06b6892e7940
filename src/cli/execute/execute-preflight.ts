import { MIN_CPU, MIN_DISK, MIN_RAM, securityGroupOf } from '../../image-builder/openstack-builder.ts';
import type { RunSettings } from '../../image-builder/context.ts';
import { type PreflightContext, preflight } from '../../image-builder/preflight/preflight.ts';
import { EXIT_CODES, exitCodeOf } from '../../model/exit-codes.ts';
import type { OrderOf } from '../../model/job/job-order.ts';
import { type PreflightCheck, encodePreflightResult } from '../../model/result/program-result-preflight.ts';
import type { Outcome } from './outcome.ts';
import type { JobSecrets } from '../request.ts';

/** Makes all checks. The exit code is that of the first failed check. */
export async function executePreflight(
  { entries, cloudIds }: OrderOf<'preflight'>,
  { scriptUrl }: Pick<JobSecrets, 'scriptUrl'>,
  context: PreflightContext & Pick<RunSettings, 'owner'>,
): Promise<Outcome> {
  const minimum = { vcpus: MIN_CPU, ram: MIN_RAM, disk: MIN_DISK };
  const request = { entries, cloudIds, scriptUrl: scriptUrl.reveal(), minimum };
  const { checks, failures } = await preflight(
    { ...request, securityGroup: securityGroupOf(context.owner) },
    context,
  );
  return {
    encode: (log) => encodePreflightResult({ checks }, log),
    text: checks.map(renderLine).join(''),
    exitCode: failures.length === 0 ? EXIT_CODES.success : exitCodeOf(failures[0], undefined),
  };
}

function renderLine({ cloud, name, outcome, reason, advice }: PreflightCheck): string {
  const place = cloud === '' ? '' : `${cloud}: `;
  const remedy = advice === '' ? '' : `; ${advice}`;
  return `${outcome.padEnd(7)} ${place}${name}: ${reason.replaceAll(/\s+/g, ' ')}${remedy}\n`;
}
