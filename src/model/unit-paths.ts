/** Where everything of one unit is on its host. All hang from one root: `/`, or a test's folder. */
export interface UnitPaths {
  readonly root: string;
  /** The unit's name as files have it: `app-0`. */
  readonly name: string;
  /** State that outlives a reboot; 0700. */
  readonly state: string;
  /** What the charm wants: written by hooks, read by the daemon. */
  readonly desired: string;
  /** What there is: written by the daemon, read by hooks. */
  readonly built: string;
  /** How often to build; written by `configureCron`. */
  readonly schedule: string;
  /** What the daemon remembers. */
  readonly journal: string;
  /** The unit's key, for digests that include a secret; 0600. */
  readonly key: string;
  /** One folder for each job: its result and its progress. */
  readonly jobs: string;
  /** Installed programs, one folder for each digest, and `current`. */
  readonly programs: string;
  /** Credentials: 0700, on a tmpfs. */
  readonly run: string;
  readonly cloudsYaml: string;
  readonly secrets: string;
  readonly log: string;
  /** The systemd service of the daemon, and its unit file. */
  readonly service: string;
  readonly serviceFile: string;
  readonly systemctl: string;
  readonly jujuExec: string;
  /** The crontab of the Python charm that this one replaces. */
  readonly formerCrontab: string;
}

/** The paths of the unit `unitName` (`app/0`) under `root`. */
export function unitPaths(root: string, unitName: string): UnitPaths {
  const base = root.replace(/\/+$/, '');
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
    jujuExec: `${base}/usr/bin/juju-exec`,
    formerCrontab: `${base}/etc/cron.d/build-runner-image`,
  };
}
