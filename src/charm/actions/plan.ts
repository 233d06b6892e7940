import type { Built, RunningJob, SkippedWork } from '../../model/unit/built.ts';
import { withConsumerNames } from '../../model/unit/consumer-names.ts';
import type { DesiredImages } from '../../model/unit/desired-images.ts';
import { type TreeNode, renderPlanTree } from '../../model/unit/plan-tree.ts';
import { steeringOf } from '../decide.ts';
import { observeHost } from '../observe.ts';
import { consumerNames } from '../relations/consumers.ts';
import { cutLine } from '../status/status-line.ts';
import { type Action, type ActionContext, type ActionResults, slug } from './action.ts';
import { STEERING_RESULTS, describeSteering } from './steering/steer.ts';

/** Juju takes all results as arguments of one program. */
const MAX_ENTRIES = 200;
const MAX_LINE = 300;

/** Shows the last plan of the scheduler: what runs, what is to be done later, when and why. */
export const planAction: Action = {
  results: {
    state: 'why the scheduler does nothing at all',
    running: 'by build id: `what` it does, `why`, and its `step`; or `nothing`',
    later: 'by what is to be done: `what`, `when` at the earliest, and `why` not now; or `nothing`',
    tree: 'the images of each base below the layers that they start from or wait for, one on each line; or `nothing`',
    'left-out': 'how much more there is to do later',
    ...STEERING_RESULTS,
    note: 'what the plan does not consider yet',
  },
  perform: showPlan,
};

async function showPlan({ host, logger, clock, observeModel }: ActionContext): Promise<ActionResults> {
  const model = await observeModel();
  const { desired, built } = await observeHost(host, logger, clock);
  const steering = describeSteering(steeringOf({ peers: model.peers, desired }));
  if (desired === undefined || built === undefined) {
    return { ...steering, note: 'the scheduler has not reported yet: juju status says what it waits for' };
  }
  const names = consumerNames(model.relations);
  const isBehind = built.desiredGeneration < desired.generation;
  return {
    ...(built.idleReason === undefined ? {} : { state: cutLine(built.idleReason) }),
    ...describePlan(built, names),
    tree: renderTree(built, desired.images),
    ...steering,
    ...(isBehind
      ? { note: 'the scheduler has not planned with the last change yet: repeat in a minute' }
      : {}),
  };
}

function describePlan({ running, skipped = [] }: Built, names: ReadonlyMap<string, string>): ActionResults {
  const jobs = running.map((job) => [slug(job.buildId), describeJob(job, names)] as const);
  const later = skipped.slice(0, MAX_ENTRIES).map((work) => describeSkipped(work, names));
  const leftOut = skipped.length - later.length;
  return {
    running: jobs.length === 0 ? 'nothing' : Object.fromEntries(jobs),
    later: later.length === 0 ? 'nothing' : Object.fromEntries(numberRepeated(later)),
    ...(leftOut === 0 ? {} : { 'left-out': `${leftOut} entries` }),
  };
}

/** Renders the running builds and those to do later as a tree of bases, layers and images. */
function renderTree({ running, skipped = [] }: Built, images: DesiredImages): string {
  const nodes: readonly TreeNode[] = [
    ...running
      .filter(({ kind }) => kind === 'build' || kind === 'layer' || kind === 'prepare')
      .flatMap((job) =>
        job.subject
          .split(',')
          .map((name) => ({ ...job, name, text: `${job.kind} ${name} runs: ${job.reason}` })),
      ),
    ...skipped.map(({ subject, reason, layer }) => ({ name: subject, text: `${subject}: ${reason}`, layer })),
  ];
  const lines = renderPlanTree(images, nodes).slice(0, MAX_ENTRIES);
  return lines.length === 0 ? 'nothing' : lines.map((line) => line.slice(0, MAX_LINE)).join('\n');
}

function describeJob({ kind, subject, reason, step }: RunningJob, names: ReadonlyMap<string, string>) {
  return {
    what: `${kind} ${subject}`,
    why: cutLine(reason),
    ...(step === '' ? {} : { step: cutLine(withConsumerNames(step, names)) }),
  };
}

/** Makes keys unique: the second entry of `x` is `x-2`. An image can wait for several reasons. */
function numberRepeated<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  const counts = new Map<string, number>();
  return entries.map(([key, value]) => {
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return [nth === 1 ? key : `${key}-${nth}`, value];
  });
}

function describeSkipped({ subject, reason, until }: SkippedWork, names: ReadonlyMap<string, string>) {
  const what = withConsumerNames(subject, names);
  const when = until === undefined ? {} : { when: until };
  return [slug(what), { what, ...when, why: cutLine(withConsumerNames(reason, names)) }] as const;
}
