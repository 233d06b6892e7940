import type { Secret } from '../../model/secret.ts';
import type { GuestPart } from '../guest-part.ts';
import { SNAP, SNAP_CLEAN_UP, toSnapEnvironment } from '../shell/snap.ts';

const SNAP_NAME = 'opentelemetry-collector';

const script = `${SNAP}
require_snap ${SNAP_NAME}
use_snap_proxy
install_snap ${SNAP_NAME} latest/stable
if ! is_snap_disabled ${SNAP_NAME}; then try snap disable ${SNAP_NAME}; fi
report_snap ${SNAP_NAME}
`;

const check = `${SNAP}
require_snap ${SNAP_NAME}
snap list --all ${SNAP_NAME} >/dev/null 2>&1 || {
  echo 'the snap ${SNAP_NAME} is not installed'
  exit 1
}
is_snap_disabled ${SNAP_NAME} || {
  echo 'the snap ${SNAP_NAME} is not disabled: "snap enable" of a pre-job would fail'
  exit 1
}
`;

/**
 * Returns the part that installs the snap and disables all of it, not only its service: pre-jobs of consumers run "snap
 * enable" and "snap start", and "snap enable" fails for a snap that is enabled.
 */
export function opentelemetryCollectorPart({
  snapProxy,
}: {
  readonly snapProxy: Secret | undefined;
}): GuestPart {
  return {
    name: SNAP_NAME,
    // snapd restarts when it gets another proxy, which must not interrupt an installation.
    after: ['proxy', 'aproxy'],
    script,
    environment: toSnapEnvironment(snapProxy),
    check,
    cleanUp: SNAP_CLEAN_UP,
  };
}
