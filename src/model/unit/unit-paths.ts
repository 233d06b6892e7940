import { withoutTrailing } from '../text/without-trailing.ts';

/** The paths of a unit's files on its host. All are below one root: `/`, or the folder of a test. */
export interface UnitPaths {
  readonly root: string;
  /** The unit's name in file names: `app-0`. */
  readonly name: string;
  /** The folder of the state that survives a reboot; mode 0700. */
  readonly state: string;
  /** The desired state, written by hooks and read by the daemon. */
  readonly desired: string;
  /** The observed state, written by the daemon and read by hooks. */
  readonly built: string;
  /** The build interval, written by `configureCron`. */
  readonly schedule: string;
  /** The daemon's journal. */
  readonly journal: string;
  /** The problems that hooks logged last, one on each line. */
  readonly problems: string;
  /** The ends of jobs that hooks have logged, one on each line. */
  readonly loggedEnds: string;
  /** The unix socket of the status page; mode 0600. */
  readonly page: string;
  /** The unit whose removal waits for its last jobs; absent otherwise. */
  readonly removal: string;
  /** The unit's key for digests that include a secret; mode 0600. */
  readonly key: string;
  /** One folder for each job, with its order, its result and its progress. */
  readonly jobs: string;
  /** Installed programs, one folder for each digest, and `current`. */
  readonly programs: string;
  /** The folder of the credentials on a tmpfs; mode 0700. */
  readonly run: string;
  readonly cloudsYaml: string;
  readonly secrets: string;
  readonly log: string;
  /** The systemd service of the daemon, and its unit file. */
  readonly service: string;
  readonly serviceFile: string;
  readonly systemctl: string;
  readonly systemdRun: string;
  readonly jujuExec: string;
}

/** Returns the paths of the unit `unitName` (`app/0`) below `root`. */
export function unitPaths(root: string, unitName: string): UnitPaths {
  const base = withoutTrailing('/', root);
  const name = unitName.replaceAll('/', '-');
  const state = `${base}/var/lib/${name}`;
  const run = `${base}/run/${name}`;
  const service = `${name}-scheduler.service`;
  return {
    root: base === '' ? '/' : base,
    name,
    state,
    desired: `${state}/desired.json`,
    built: `${state}/built.json`,
    schedule: `${state}/schedule.json`,
    journal: `${state}/journal.json`,
    problems: `${state}/problems`,
    loggedEnds: `${state}/logged-ends`,
    page: `${state}/page.sock`,
    removal: `${state}/removal.json`,
    key: `${state}/unit.key`,
    jobs: `${state}/jobs`,
    programs: `${state}/programs`,
    run,
    cloudsYaml: `${run}/clouds.yaml`,
    secrets: `${run}/secrets.json`,
    log: `${base}/var/log/${name}`,
    service,
    serviceFile: `${base}/etc/systemd/system/${service}`,
    systemctl: `${base}/usr/bin/systemctl`,
    systemdRun: `${base}/usr/bin/systemd-run`,
    jujuExec: `${base}/usr/bin/juju-exec`,
  };
}
