import { describe, expect, it } from 'vitest';

import events from '../../../tests/golden/events.json';
import { cellRan, type IExecution, kernelRecords } from '../src/ran';

const failed: IExecution = {
  cell: 'load-penguins',
  type: 'code',
  count: 3,
  success: false,
  errorName: 'NameError',
  milliseconds: 250
};

describe('a cell that ran', () => {
  it('is the golden fact', () => {
    const golden = events.good.find(event => event.fact.kind === 'CellRan');
    expect(cellRan('frames', failed)).toEqual(golden?.fact);
  });

  it('has no error when it succeeded, and some when it failed without a name', () => {
    expect(cellRan('frames', { ...failed, success: true })).toMatchObject({
      ok: true,
      error: null
    });
    expect(cellRan('frames', { ...failed, errorName: undefined })).toMatchObject({
      error: 'Error'
    });
  });

  it('did not, when it is text, empty, or ran before the kernel was there', () => {
    expect(cellRan('frames', { ...failed, type: 'markdown' })).toBeNull();
    expect(cellRan('frames', { ...failed, success: true, count: null })).toBeNull();
  });

  it('is recorded by Python kernels themselves', () => {
    expect(['python', 'Python', 'R', 'julia'].map(kernelRecords)).toEqual([
      true,
      true,
      false,
      false
    ]);
  });
});
