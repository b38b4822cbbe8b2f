/** "Check my work": the visible tests of an assignment, run on the server apart from the notebook. */

import { type TranslationBundle } from '@jupyterlab/translation';

import { ApiError } from './api';
import { type CourseModel, type ICourseModelOptions } from './model';
import { type ICheckedWork, parseCheckedWork } from './protocol';
import { explain, type ITrouble } from './trouble';

/** How a check of one assignment goes, or went. */
export type Check =
  | {
      readonly kind: 'running';
      readonly done: number;
      readonly total: number;
      readonly what: string;
    }
  | { readonly kind: 'done'; readonly work: ICheckedWork }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly trouble: ITrouble };

/** How often a running task is asked how far it is, in milliseconds. */
const TASK_INTERVAL = 400;

/** The checks of the course in view, by assignment. */
export class Checks {
  constructor(
    private readonly model: CourseModel,
    private readonly options: ICourseModelOptions
  ) {
    this.wait = options.wait ?? (ms => new Promise(resolve => setTimeout(resolve, ms)));
  }

  of(assignment: string): Check | null {
    return this.checks.get(this.name(assignment)) ?? null;
  }

  /** Runs the assignment's visible tests; resolves when that is over. */
  async run(key: string): Promise<Check | null> {
    const { trans, api, documents } = this.options;
    const { panel } = this.model;
    const assignment = this.model.assignment(key);
    if (!panel || !assignment || this.of(key)?.kind === 'running') {
      return this.of(key);
    }
    const where = trans.__('Checking “%1”', assignment.title);
    this.unwanted.delete(key);
    this.set(key, { kind: 'running', done: 0, total: 0, what: trans.__('Starting') });
    this.model.announce(where);
    let check: Check;
    try {
      if (assignment.path !== null) {
        await documents.save(assignment.path);
      }
      const { task } = await api.check(panel.course.key, key);
      if (this.unwanted.has(key)) {
        await api.cancelTask(task);
      }
      check = await this.watch(key, task, where);
    } catch (error) {
      check = { kind: 'failed', trouble: explain(error, where, trans) };
    }
    this.tasks.delete(key);
    this.set(key, check);
    this.model.announce(checkText(check, trans));
    return check;
  }

  async cancel(key: string): Promise<void> {
    const { trans, api } = this.options;
    const task = this.tasks.get(key);
    if (task === undefined) {
      // the server has not named the task yet: it is cancelled as soon as it does
      this.unwanted.add(key);
    } else {
      await this.model.act(trans.__('Cancelling the check'), () => api.cancelTask(task));
    }
  }

  forget(key: string): void {
    this.checks.delete(this.name(key));
    this.model.emit();
  }

  private async watch(key: string, task: string, where: string): Promise<Check> {
    const { trans, api } = this.options;
    this.tasks.set(key, task);
    for (;;) {
      const now = await api.task(task);
      switch (now.state) {
        case 'done':
          return { kind: 'done', work: parseCheckedWork(now.result) };
        case 'cancelled':
          return { kind: 'cancelled' };
        case 'failed': {
          const { code, message, hint } = now.error ?? { code: 'error', message: '', hint: '' };
          const error = new ApiError(500, code, message, hint);
          return { kind: 'failed', trouble: explain(error, where, trans) };
        }
        case 'running':
          this.set(key, { kind: 'running', done: now.done, total: now.total, what: now.what });
      }
      if (this.model.isDisposed) {
        return { kind: 'cancelled' };
      }
      await this.wait(TASK_INTERVAL);
    }
  }

  private set(assignment: string, check: Check): void {
    this.checks.set(this.name(assignment), check);
    this.model.emit();
  }

  private name(assignment: string): string {
    return `${this.model.panel?.course.key ?? ''}/${assignment}`;
  }

  private readonly wait: (milliseconds: number) => Promise<void>;
  private readonly checks = new Map<string, Check>();
  private readonly tasks = new Map<string, string>();
  private readonly unwanted = new Set<string>();
}

/** In one sentence, how a check goes or ended. */
export function checkText(check: Check, trans: TranslationBundle): string {
  switch (check.kind) {
    case 'running':
      return trans.__('%1 (%2 of %3)', check.what, String(check.done), String(check.total));
    case 'cancelled':
      return trans.__('The check was cancelled.');
    case 'failed':
      return `${check.trouble.what} ${check.trouble.next}`;
    case 'done': {
      const { cells, problems } = check.work;
      const tests = cells.filter(cell => cell.verdict !== 'by-hand').length;
      const passed = cells.filter(cell => cell.verdict === 'passed').length;
      if (tests === 0 && problems.length === 0) {
        return trans.__('Nothing here is checked by a program: your instructor reads it.');
      }
      return passed === tests && problems.length === 0
        ? trans._n('%1 check passed.', 'All %1 checks passed.', tests)
        : trans.__('%1 of %2 checks passed.', String(passed), String(tests));
    }
  }
}
