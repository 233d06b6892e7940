import type { ChildProcess } from 'node:child_process';
import { open, mkdir, rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { jobFiles, writeJobOrder } from '../../../src/builder/jobs/job-files.ts';
import { markStarted } from '../../../src/builder/jobs/job-marks.ts';
import { findPastJob, listPastJobs } from '../../../src/builder/jobs/past-jobs.ts';
import { encodeJobArguments } from '../../../src/model/job/job-arguments.ts';
import { encodeJobOrder } from '../../../src/model/job/job-order.ts';
import { startFakeJob } from '../support/fake-job.ts';
import { buildOrder, useJobs } from '../support/jobs.ts';

const at = useJobs();
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

describe('a job that starts while an action reads the jobs', () => {
  test.each([
    ['found by its id', async () => [await findPastJob('b1', at.tools)]],
    ['listed', async () => [...(await listPastJobs(at.tools)), undefined]],
  ])(
    'A job that starts after the processes were listed and is %s is not a failed one',
    async (_how, read) => {
      const order = buildOrder({ id: 'b1' });
      const files = jobFiles(at.host.paths, 'b1');
      await mkdir(files.folder, { recursive: true });
      await execa('mkfifo', [files.order]); // its first reader comes after the list of processes, and waits
      const found = read();
      const writer = await open(files.order, 'w'); // opens when there is a reader
      child = await startFakeJob(at.host.paths, encodeJobArguments(order), {});
      await markStarted(at.host.paths, 'b1', undefined);
      await writer.writeFile(encodeJobOrder(order));
      await writer.close();
      expect((await found)[0]).toBeUndefined();
      await rm(files.order);
      await writeJobOrder(order, files);
      expect((await read())[0]).toMatchObject({ job: { buildId: 'b1' }, end: undefined });
    },
  );
});
