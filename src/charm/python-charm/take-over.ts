import type { Host } from '../../builder/tools.ts';
import { isThere } from '../../builder/host/programs.ts';
import type { CharmEvent } from '../../juju/event.ts';
import { type Built, parseBuilt } from '../../model/unit/built.ts';
import { InputError } from '../../model/errors.ts';
import type { UnitPaths } from '../../model/unit/unit-paths.ts';
import { readTextFile } from '../../system/files/text-file.ts';
import { ensureFolder } from '../../system/files/folders.ts';
import type { Logger } from '../../system/log/logger.ts';
import type { ObservedModel } from '../observed.ts';
import { listPublishedIds } from '../relations/image-databag.ts';
import { isOfReinstallingCharm, listCronLines, removeCronLines } from './former-crontab.ts';
import { type TakeOver, readTakeOver, writeTakeOver } from './take-over-record.ts';
import { formerCrontab, formerLogrotateFile } from './traces.ts';

type TakenModel = Pick<ObservedModel, 'unit' | 'relations'>;

/**
 * Takes the unit over from the Python charm: records what is known only now, and removes the unit from the crontab, which
 * would dispatch this charm at its own times. A unit is taken over by the first upgrade-charm of a unit that this charm did
 * not install, and whenever the crontab runs its hooks, as it does after a refresh back and forth.
 */
export async function takeOver(
  event: CharmEvent,
  model: TakenModel,
  { paths }: Pick<Host, 'paths'>,
  logger: Logger,
): Promise<void> {
  const crontab = formerCrontab(paths.root);
  const lines = await listCronLines(model.unit, crontab);
  const isForeign = isHookOf(event, 'upgrade-charm') && !(await isThere(paths.state));
  if (isHookOf(event, 'install')) await ensureFolder(paths.state, 0o700); // the sign of a unit that this charm installed
  if (lines.length === 0 && !isForeign) return;
  const published = await listForeignImages(model, paths);
  const doesReinstall = lines.some(isOfReinstallingCharm) || (await isThere(formerLogrotateFile(paths.root)));
  await ensureFolder(paths.state, 0o700);
  await writeTakeOver({ format: 1, doesReinstall, published, isDone: false, failures: 0 }, paths);
  logger.info('unit taken over from the Python charm');
  if (lines.length === 0) return;
  await removeCronLines(model.unit, crontab); // after the record, because the lines may be the only sign
  logger.info('removed a trace of the Python charm', { trace: 'schedule of builds', path: crontab });
}

/** Lists the published images that this charm did not build, as after a refresh back and forth, where it built some. */
async function listForeignImages(
  { relations }: TakenModel,
  paths: UnitPaths,
): Promise<TakeOver['published']> {
  const own = new Set((await readBuilt(paths))?.clouds.flatMap(({ activeIds }) => activeIds));
  const former = (await readTakeOver(paths))?.published ?? [];
  const current = relations.map(({ id, databag }) => ({
    relationId: id,
    imageIds: listPublishedIds(databag).filter((imageId) => !own.has(imageId)),
  }));
  return [...former, ...current].filter(({ imageIds }) => imageIds.length > 0);
}

async function readBuilt({ built }: UnitPaths): Promise<Built | undefined> {
  const text = await readTextFile(built);
  try {
    return text === undefined ? undefined : parseBuilt(text);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function isHookOf(event: CharmEvent, name: string): boolean {
  return event.kind === 'hook' && event.name === name;
}
