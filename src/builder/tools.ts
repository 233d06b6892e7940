import type { BuildInputs } from '../model/image/build-inputs.ts';
import type { Clock } from '../model/clock.ts';
import type { JobResult } from '../model/program-result.ts';
import type { UnitPaths } from '../model/unit/unit-paths.ts';
import type { RunCommand, startDetached } from '../system/process/command.ts';
import type { FailedJob } from './errors.ts';

/** The host that a hook sets up. */
export interface Host {
  readonly paths: UnitPaths;
  /** The folder of the unpacked charm, which contains the program. */
  readonly charmDir: string;
  /** The Node that runs this process; used when the charm contains none. */
  readonly node: string;
  readonly runCommand: RunCommand;
}

/** The unit that orders jobs. Everything that the jobs create is labelled with it. */
interface Orderer {
  readonly application: string;
  readonly modelUuid: string;
  readonly unit: string;
}

/** The tools with which the daemon runs jobs. */
export interface BuilderTools {
  readonly paths: UnitPaths;
  readonly orderer: Orderer;
  readonly clock: Clock;
  /** Aborted when the daemon stops. Waits end then, but the jobs continue. */
  readonly signal: AbortSignal;
  readonly runCommand: RunCommand;
  readonly startDetached: typeof startDetached;
  /** 12 hex digits. */
  readonly newBuildId: () => string;
  /** Variables that are passed to the jobs. They hold no secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** The interval between checks that an adopted job still runs. */
  readonly pollIntervalMs: number;
}

/** The paths and the identity by which the jobs of one unit are found. */
export type JobPlace = Pick<BuilderTools, 'paths' | 'orderer'>;

/** The tools and settings of `run`. */
export interface RunTools extends BuilderTools {
  /** The inputs of the builds; the images are labelled with them. */
  readonly inputs: BuildInputs;
  /** The reason for the builds. */
  readonly reason?: string;
  /** The generation of secrets.json that the builds were planned with. Undefined accepts any generation. */
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
      /** The task id of the action that cancelled the job; absent for any other failure. */
      readonly cancelledBy?: string;
      /** Undefined when the job ended without a result. It names the images that were stored despite the failure. */
      readonly result: JobResult | undefined;
      /** The clouds that a job was copying to when it was killed or had to be stopped. */
      readonly copyingTo?: readonly string[] | undefined;
    });
