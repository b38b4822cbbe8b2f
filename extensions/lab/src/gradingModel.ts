/** What the grading view shows and does. It lives as long as the page, so that a batch goes on while its view is closed. */

import { type ISignal, Signal } from '@lumino/signaling';
import { type TranslationBundle } from '@jupyterlab/translation';

import { ApiError, Unreachable } from './api';
import {
  batchesOf,
  type Decision,
  type IAssignmentBatch,
  type IBatchState,
  type IGradingApi,
  type IGradingOverview,
  type IHeld,
  type IScore
} from './grading';
import { batchText, progressText } from './gradingWords';
import { type IServerError } from './protocol';
import { explain, type ITrouble } from './trouble';

/** The batch in view. `assignment` is null for all. */
export type Run =
  | {
      readonly kind: 'running';
      readonly task: string | null;
      readonly assignment: string | null;
      readonly state: IBatchState | null;
      readonly isStopping: boolean;
    }
  | {
      readonly kind: 'done' | 'stopped' | 'failed';
      readonly assignment: string | null;
      readonly batches: readonly IAssignmentBatch[];
      readonly trouble: ITrouble | null;
    };

export interface IGradingModelOptions {
  readonly api: IGradingApi;
  readonly trans: TranslationBundle;
  /** Resolves after that many milliseconds; tests pass their own. */
  readonly wait?: (milliseconds: number) => Promise<void>;
  /** Milliseconds, from any beginning. */
  readonly now?: () => number;
}

/** How often a running batch is asked how far it is, in milliseconds. */
const INTERVAL = 500;
/** How often progress is read out at most, in milliseconds. */
const SPOKEN = 10_000;
/** How often the server may fail to answer in a row before the batch is given up on. */
const PATIENCE = 20;

export class GradingModel {
  constructor(private readonly options: IGradingModelOptions) {
    this.wait = options.wait ?? (ms => new Promise(resolve => setTimeout(resolve, ms)));
    this.now = options.now ?? (() => performance.now());
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Sentences for a screen reader, as they become true. */
  get announced(): ISignal<this, string> {
    return this._announced;
  }

  /** What can be graded; null until the server said so. */
  get overview(): IGradingOverview | null {
    return this._overview;
  }

  get isAvailable(): boolean {
    return this._overview?.available === true;
  }

  get course(): string | null {
    return this._overview?.course ?? null;
  }

  get run(): Run | null {
    return this._run;
  }

  get isRunning(): boolean {
    return this._run?.kind === 'running';
  }

  /** Whether an action is on its way: its buttons rest meanwhile. */
  get isBusy(): boolean {
    return this._busy > 0;
  }

  get trouble(): ITrouble | null {
    return this._trouble;
  }

  /** What was held for an assignment, once it was asked for; null otherwise. */
  held(assignment: string): readonly IHeld[] | null {
    return this._held.get(assignment) ?? null;
  }

  /** Asks whether anything can be graded here; where the server has no such request, nothing can. */
  async probe(): Promise<void> {
    try {
      this._overview = await this.options.api.overview(null);
    } catch {
      this._overview = null;
    }
    this.emit();
  }

  /** Reads the course around `path` again; the present one where it is null. */
  async refresh(path: string | null = this.course): Promise<void> {
    const { api, trans } = this.options;
    const before = this.course;
    await this.act(trans.__('Reading what was submitted'), async () => {
      this._overview = await api.overview(path);
    });
    if (before !== this.course) {
      this._held.clear();
      if (!this.isRunning) {
        this._run = null;
      }
      this.emit();
    }
    const task = this._overview?.task ?? null;
    if (task !== null && this._run === null) {
      void this.watch(task.id, task.assignment, false);
    }
  }

  /** Grades one assignment, or all for null. Resolves when the batch has ended. */
  async start(assignment: string | null, force = false): Promise<void> {
    const { api, trans } = this.options;
    const { course } = this;
    if (course === null || this.isRunning) {
      return;
    }
    this._run = { kind: 'running', task: null, assignment, state: null, isStopping: false };
    this.say(
      assignment === null
        ? trans.__('Grading all assignments.')
        : trans.__('Grading %1.', assignment)
    );
    this.emit();
    const started = await this.act(trans.__('Grading'), () => api.start(course, assignment, force));
    if (started === null) {
      this._run = null;
      this.emit();
      return;
    }
    await this.watch(started.task, assignment, true);
  }

  /** Asks the batch to stop; what is graded stays. */
  async stop(): Promise<void> {
    const run = this._run;
    if (run?.kind !== 'running' || run.task === null || run.isStopping) {
      return;
    }
    const { task } = run;
    this._run = { ...run, isStopping: true };
    this.say(this.options.trans.__('Stopping.'));
    this.emit();
    await this.act(this.options.trans.__('Stopping'), () => this.options.api.stop(task));
  }

  /** Takes the result out of view. */
  forgetRun(): void {
    if (!this.isRunning) {
      this._run = null;
      this.emit();
    }
  }

  forgetTrouble(): void {
    this._trouble = null;
    this.emit();
  }

  /** Reads which points of an assignment are held. */
  async showHeld(assignment: string): Promise<void> {
    const { api, trans } = this.options;
    const { course } = this;
    if (course === null) {
      return;
    }
    const found = await this.act(trans.__('Held points'), () => api.held(course, assignment));
    if (found !== null) {
      this._held.set(assignment, found);
      this.emit();
    }
  }

  hideHeld(assignment: string): void {
    this._held.delete(assignment);
    this.emit();
  }

  async decide(assignment: string, decision: Decision): Promise<void> {
    const { api, trans } = this.options;
    const { course } = this;
    if (course === null || this.isBusy) {
      return;
    }
    const done = await this.act(trans.__('Deciding'), () =>
      api.decide(course, assignment, decision)
    );
    if (done === null) {
      return;
    }
    this._held.set(assignment, done.held);
    this.replaceScores(assignment, done.scores);
    this.say(
      decision.accept
        ? trans._n('%1 decision kept: accepted.', '%1 decisions kept: accepted.', done.decided)
        : trans._n('%1 decision kept: denied.', '%1 decisions kept: denied.', done.decided)
    );
    await this.refresh();
  }

  private replaceScores(assignment: string, scores: readonly IScore[]): void {
    const run = this._run;
    if (run === null || run.kind === 'running') {
      return;
    }
    const newer = new Map(scores.map(score => [score.learner, score]));
    const batches = run.batches.map(one =>
      one.assignment !== assignment || one.batch === null
        ? one
        : {
            ...one,
            batch: {
              ...one.batch,
              submissions: one.batch.submissions.map(old => newer.get(old.learner) ?? old)
            }
          }
    );
    this._run = { ...run, batches };
  }

  private async watch(task: string, assignment: string | null, isNew: boolean): Promise<void> {
    const { api, trans } = this.options;
    let silent = 0;
    let said = this.now();
    this._run = { kind: 'running', task, assignment, state: null, isStopping: false };
    for (;;) {
      try {
        const now = await api.task(task);
        silent = 0;
        if (now.state !== 'running') {
          this.ended(now.state, assignment, batchesOf(now), now.error, isNew);
          break;
        }
        const isStopping: boolean = this._run.kind === 'running' && this._run.isStopping;
        this._run = { kind: 'running', task, assignment, state: now.details, isStopping };
        isNew = true;
        if (this.now() - said >= SPOKEN && now.details !== null) {
          said = this.now();
          this.say(progressText(now.details, trans));
        }
        this.emit();
      } catch (error) {
        silent++;
        if (!(error instanceof Unreachable) || silent >= PATIENCE) {
          const trouble = explain(error, trans.__('Grading'), trans);
          this._run = { kind: 'failed', assignment, batches: [], trouble };
          this.emit();
          break;
        }
      }
      await this.wait(INTERVAL);
    }
    if (isNew) {
      await this.refresh();
      for (const shown of [...this._held.keys()]) {
        await this.showHeld(shown);
      }
    }
  }

  private ended(
    state: 'done' | 'failed' | 'cancelled',
    assignment: string | null,
    batches: readonly IAssignmentBatch[],
    error: IServerError | null,
    isNew: boolean
  ): void {
    const { trans } = this.options;
    const fault = error && new ApiError(500, error.code, error.message, error.hint);
    const kind = state === 'cancelled' ? 'stopped' : state;
    const trouble =
      kind === 'failed'
        ? explain(fault ?? new ApiError(500, 'error', '', ''), trans.__('Grading'), trans)
        : null;
    this._run = { kind, assignment, batches, trouble };
    if (isNew) {
      const sentences = batches.map(one =>
        one.batch === null ? '' : `${one.assignment}: ${batchText(one.batch, trans)}`
      );
      this.say(
        [
          kind === 'done'
            ? trans.__('Grading is done.')
            : kind === 'stopped'
              ? trans.__('Grading was stopped.')
              : trans.__('Grading did not work.'),
          ...sentences
        ]
          .filter(Boolean)
          .join(' ')
      );
    }
    this.emit();
  }

  /** Runs one action: its failure becomes the trouble in view, and null is returned. */
  private async act<T>(where: string, action: () => Promise<T>): Promise<T | null> {
    this._busy++;
    this._trouble = null;
    this.emit();
    try {
      return await action();
    } catch (error) {
      this._trouble = explain(error, where, this.options.trans);
      return null;
    } finally {
      this._busy--;
      this.emit();
    }
  }

  private say(sentence: string): void {
    this._announced.emit(sentence);
  }

  private emit(): void {
    this._changed.emit();
  }

  private readonly wait: (milliseconds: number) => Promise<void>;
  private readonly now: () => number;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _announced = new Signal<this, string>(this);
  private readonly _held = new Map<string, readonly IHeld[]>();
  private _overview: IGradingOverview | null = null;
  private _run: Run | null = null;
  private _trouble: ITrouble | null = null;
  private _busy = 0;
}
