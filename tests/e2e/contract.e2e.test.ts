import { expect, test } from '@jest/globals';
import { CONTRACT } from '../contract/cases/cases.ts';
import { mergeRecords, readRecord, writeRecord } from '../contract/record.ts';
import { runContract, titleOf } from '../contract/run-contract.ts';
import { findMissing, shapesOf } from '../contract/shapes.ts';
import { openLabBench } from './support/lab-cases.ts';

const isRecording = process.env['RECORD'] === '1';

runContract(CONTRACT, openLabBench, (run) => {
  test('The responses of a real OpenStack contain everything that was recorded before', async () => {
    const { exchanges, calls } = run();
    const shapes = shapesOf(exchanges);
    if (isRecording) {
      const titles = new Set(CONTRACT.map(titleOf));
      await writeRecord(mergeRecords(await readRecord(), { shapes, calls }, titles));
      return;
    }
    const seen = await readRecord();
    expect(findMissing(shapes, seen.shapes)).toEqual([]);
  });
});
