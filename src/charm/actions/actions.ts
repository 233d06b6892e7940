import type { Action } from './action.ts';
import { cancelBuildAction } from './cancel-build.ts';
import { launchRunnerAction } from './launch-runner.ts';
import { listBuildsAction } from './list-builds.ts';
import { listImagesAction } from './list-images.ts';
import { pauseAction } from './steering/pause.ts';
import { pinAction } from './steering/pin.ts';
import { planAction } from './plan.ts';
import { preflightAction } from './preflight.ts';
import { pruneAction } from './prune.ts';
import { resumeAction } from './steering/resume.ts';
import { rollbackAction } from './steering/rollback.ts';
import { runAction } from './run.ts';
import { showBuildAction } from './show-build.ts';
import { unpinAction } from './steering/unpin.ts';

/** The actions by the names in actions.yaml. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['run', runAction],
  ['list-images', listImagesAction],
  ['list-builds', listBuildsAction],
  ['show-build', showBuildAction],
  ['plan', planAction],
  ['pause', pauseAction],
  ['resume', resumeAction],
  ['rollback', rollbackAction],
  ['pin', pinAction],
  ['unpin', unpinAction],
  ['cancel-build', cancelBuildAction],
  ['prune', pruneAction],
  ['preflight', preflightAction],
  ['launch-runner', launchRunnerAction],
]);
