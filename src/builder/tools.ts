import type { BuildInputs } from '../model/build-inputs.ts';
import type { Clock } from '../model/clock.ts';
import type { JobResult } from '../model/program-result.ts';
import type { UnitPaths } from '../model/unit-paths.ts';
import type { RunCommand, startDetached } from '../system/process/command.ts';
import type { FailedJob } from './errors.ts';

/** The host that a hook sets up. */
export interface Host {
  readonly paths: UnitPaths;
  /** Where Juju unpacked the charm: it carries the program. */
  readonly charmDir: string;
  /** The Node that runs us, when the charm carries none. */
  readonly node: string;
  readonly runCommand: RunCommand;
}

/** Who orders jobs: it is written on all they make. */
interface Orderer {
  readonly application: string;
  readonly modelUuid: string;
  readonly unit: string;
}

/** What the daemon drives the program with. */
export interface BuilderTools {
  readonly paths: UnitPaths;
  readonly orderer: Orderer;
  readonly clock: Clock;
  /** Aborted when the daemon stops: we no longer wait, the jobs run on. */
  readonly signal: AbortSignal;
  readonly runCommand: RunCommand;
  readonly startDetached: typeof startDetached;
  /** 12 hex digits. */
  readonly newBuildId: () => string;
  /** Passed on to the jobs: the proxies. */
  readonly environment: Readonly<Record<string, string>>;
  /** How often to look whether an adopted job still runs. */
  readonly pollIntervalMs: number;
}

/** Where the jobs of one unit are found. */
export type JobPlace = Pick<BuilderTools, 'paths' | 'orderer'>;

/** The tools and settings of `run`. */
export interface RunTools extends BuilderTools {
  /** Written on the images. */
  readonly inputs: BuildInputs;
  /** Why the images are built. */
  readonly reason?: string;
  /** The generation of secrets.json that the builds were planned with; absent: any. */
  readonly secretsGeneration?: number;
  /** The number of builds that run at the same time. */
  readonly maxParallel: number;
  /** Called for each image as soon as its build has ended. */
  readonly onImage?: (imageName: string, outcome: JobOutcome) => void;
}

/** The outcome of a job. */
export type JobOutcome =
  | { readonly state: 'done'; readonly result: JobResult }
  | (FailedJob & {
      readonly state: 'failed';
      /** Absent when the job ended without a result. It names the images that arrived in spite of the failure. */
      readonly result: JobResult | undefined;
    });
