/** Cells of kernels that record nothing themselves. */

import { type PageFact } from './protocol';

/** What JupyterLab says when a cell's execution is over. */
export interface IExecution {
  readonly cell: string;
  readonly type: string;
  /** Null in a cell that no kernel has run: "success" comes for text and for empty cells, too. */
  readonly count: unknown;
  readonly success: boolean;
  readonly errorName: string | undefined;
  readonly milliseconds: number;
}

/** Whether the kernel itself records which cells ran: every Python kernel does, no other. */
export function kernelRecords(language: string): boolean {
  return language.toLowerCase() === 'python';
}

/** The fact that a cell of `lesson` ran, or null where none did. The source is never part of it. */
export function cellRan(lesson: string, ran: IExecution): PageFact | null {
  if (ran.type !== 'code' || typeof ran.count !== 'number') {
    return null;
  }
  return {
    kind: 'CellRan',
    lesson,
    cell: ran.cell,
    ok: ran.success,
    error: ran.success ? null : (ran.errorName ?? 'Error').slice(0, LONGEST),
    seconds: Math.max(0, ran.milliseconds) / 1000
  };
}

/** The longest name of an error that an event holds. */
const LONGEST = 200;
