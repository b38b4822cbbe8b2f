/** What the course's views show, and what can be done in them. Views render it; nothing here knows a widget. */

import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { type TranslationBundle } from '@jupyterlab/translation';

import { ApiError, type ICourseApi } from './api';
import {
  findAssignment,
  findLesson,
  type IAssignment,
  type IBroughtOver,
  type ICheckedWork,
  type IFeedback,
  type ILesson,
  type IOpened,
  type IPanel,
  type IReceipt,
  type ISubmissionChoice,
  type ISubmissionPreview,
  type IWorkspace,
  type PageFact,
  type PanelAnswer,
  parseCheckedWork
} from './protocol';
import { explain, type ITrouble } from './trouble';
import { changesText } from './words';

/** The open documents of the application, as far as the course touches them. */
export interface IDocuments {
  /** Opens `path` in the main area, or brings it to the front. */
  open(path: string): Promise<void>;
  /** Writes `path` to disk if it is open with unsaved changes, so that the server sees what the learner sees. */
  save(path: string): Promise<void>;
  /** Reads `path` from disk again if it is open. */
  reload(path: string): Promise<void>;
}

/** Facts that only the page sees. */
export interface IFactSink {
  readonly pending: number;
  add(path: string, fact: PageFact): void;
  flush(): Promise<void>;
}

export type Content =
  | { readonly kind: 'loading' }
  | { readonly kind: 'empty'; readonly workspaces: readonly IWorkspace[] }
  | { readonly kind: 'error'; readonly trouble: ITrouble }
  | { readonly kind: 'ready'; readonly panel: IPanel };

/** "Check my work" on one assignment. */
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

export interface ICourseModelOptions {
  readonly api: ICourseApi;
  readonly documents: IDocuments;
  readonly facts: IFactSink;
  readonly trans: TranslationBundle;
  /** Resolves after that many milliseconds; tests pass their own. */
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** How often a running task is asked how far it is, in milliseconds. */
const TASK_INTERVAL = 400;

export class CourseModel implements IDisposable {
  constructor(private readonly options: ICourseModelOptions) {
    this.wait = options.wait ?? (ms => new Promise(resolve => setTimeout(resolve, ms)));
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Sentences for a screen reader, as they become true. */
  get announced(): ISignal<this, string> {
    return this._announced;
  }

  get content(): Content {
    return this._content;
  }

  get panel(): IPanel | null {
    return this._content.kind === 'ready' ? this._content.panel : null;
  }

  /** What went wrong last while the course stayed in view; null when nothing did. */
  get trouble(): ITrouble | null {
    return this._trouble;
  }

  /** The newest good news, shown until the next action. */
  get note(): string | null {
    return this._note;
  }

  /** Facts that wait in this browser. */
  get pending(): number {
    return this.options.facts.pending;
  }

  /** The action that runs now, if any: its buttons are disabled meanwhile. */
  get busy(): boolean {
    return this._busy > 0;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  check(assignment: string): Check | null {
    return this.checks.get(this.checkKey(assignment)) ?? null;
  }

  lesson(key: string): ILesson | null {
    return this.panel && findLesson(this.panel, key);
  }

  assignment(key: string): IAssignment | null {
    return this.panel && findAssignment(this.panel, key);
  }

  /** Turns to the course of the notebook at `path`; without one, the course in view stays. */
  async follow(path: string): Promise<void> {
    this.which = { path };
    await this.refresh();
  }

  /** Asks the server for the course again. What is in view stays in view when it does not answer. */
  async refresh(): Promise<void> {
    const asked = ++this.asked;
    try {
      const answer = await this.options.api.panel(this.which);
      if (asked === this.asked) {
        this._trouble = this.stale ? null : this._trouble;
        this.stale = false;
        this.accept(answer);
      }
    } catch (error) {
      if (asked !== this.asked || this._isDisposed) {
        return;
      }
      const trouble = explain(
        error,
        this.options.trans.__('Loading the course'),
        this.options.trans
      );
      if (this._content.kind === 'ready') {
        this._trouble = trouble;
        this.stale = true;
      } else {
        this._content = { kind: 'error', trouble };
      }
      this.emit();
    }
  }

  dismissTrouble(): void {
    this._trouble = null;
    this._note = null;
    this.emit();
  }

  /** Shown and read out; for what another part of the page has achieved. */
  say(note: string): void {
    this._note = note;
    this._announced.emit(note);
    this.emit();
  }

  /** Opens a lesson; documents and links are recorded as opened here, notebooks by the tracker. */
  async openLesson(lesson: ILesson): Promise<void> {
    const { panel } = this;
    if (panel && lesson.state === 'locked') {
      this.options.facts.add(lesson.path ?? panel.course.folder, {
        kind: 'GateOverridden',
        lesson: lesson.key
      });
    }
    if (panel && lesson.kind !== 'notebook') {
      this.options.facts.add(lesson.path ?? panel.course.folder, {
        kind: 'LessonOpened',
        lesson: lesson.key
      });
    }
    if (lesson.path !== null && lesson.kind !== 'link') {
      await this.openPath(lesson.path);
    }
  }

  async openPath(path: string): Promise<void> {
    const { trans, documents } = this.options;
    await this.act(trans.__('Opening %1', path), () => documents.open(path));
  }

  async setGoal(text: string, done: boolean): Promise<boolean> {
    const { trans, api } = this.options;
    const { panel } = this;
    if (!panel) {
      return false;
    }
    if (panel.goal) {
      // shown at once, as a tick should be; taken back below if the server does not keep it
      this._content = { kind: 'ready', panel: { ...panel, goal: { ...panel.goal, text, done } } };
    }
    const answer = await this.act(trans.__('Saving your goal'), () =>
      api.goal(panel.course.key, text, done)
    );
    if (!answer) {
      this._content = { kind: 'ready', panel };
      this.emit();
      return false;
    }
    this.asked++;
    this.accept(answer);
    if (done) {
      this._announced.emit(trans.__('This week’s goal is reached.'));
    }
    return true;
  }

  /** Opens a course from a file, a folder or an address, and its first lesson. */
  async openCourse(source: string): Promise<IOpened | null> {
    const { trans, api } = this.options;
    const opened = await this.act(trans.__('Opening %1', source), () => api.open(source));
    if (opened) {
      if (opened.first !== null) {
        this.which = { path: opened.first };
      } else {
        this.which = {};
      }
      await this.refresh();
      if (opened.first !== null) {
        await this.openPath(opened.first);
      }
      if (opened.message) {
        this.say(opened.message);
      } else if (opened.updated.length > 0) {
        this.say(
          trans._n(
            '%1 file follows the new version of the course.',
            '%1 files follow the new version of the course.',
            opened.updated.length
          )
        );
      }
    }
    return opened;
  }

  async openWorkspace(workspace: IWorkspace): Promise<void> {
    this.which = { course: workspace.course };
    await this.refresh();
  }

  async openFeedback(source: string): Promise<IFeedback | null> {
    const { trans, api } = this.options;
    const feedback = await this.act(trans.__('Opening %1', source), () => api.feedback(source));
    if (feedback) {
      await this.refresh();
      for (const page of feedback.pages) {
        await this.openPath(page);
      }
      if (feedback.message) {
        this.say(feedback.message);
      }
    }
    return feedback;
  }

  /** Puts the cell (or, with null, the whole notebook) back as it came; returns where the learner's version went. */
  async restore(path: string, cell: string | null): Promise<string | null> {
    const { trans, api, documents } = this.options;
    const restored = await this.act(trans.__('Restoring %1', path), async () => {
      await documents.save(path);
      const answer = await api.restore(path, cell);
      await documents.reload(path);
      return answer;
    });
    if (!restored) {
      return null;
    }
    this.say(trans.__('Restored. Your own version is kept in %1.', restored.backup));
    await this.refresh();
    return restored.backup;
  }

  /** Carries the learner's answers into the newer version that lies beside their notebook. */
  async bringOver(path: string): Promise<IBroughtOver | null> {
    const { trans, api, documents } = this.options;
    const brought = await this.act(trans.__('Bringing your answers over'), async () => {
      await documents.save(path);
      const answer = await api.bringOver(path);
      await documents.reload(answer.path);
      return answer;
    });
    if (brought) {
      await this.refresh();
      await this.openPath(brought.path);
      this.say(
        trans._n(
          '%1 answer was brought over. Your former version is kept in %2.',
          '%1 answers were brought over. Your former version is kept in %2.',
          brought.carried,
          brought.backup
        )
      );
    }
    return brought;
  }

  /** Runs the assignment's visible tests apart from the notebook; resolves when that is over. */
  async checkWork(key: string): Promise<Check | null> {
    const { trans, api, documents } = this.options;
    const { panel } = this;
    const assignment = this.assignment(key);
    if (!panel || !assignment || this.check(key)?.kind === 'running') {
      return this.check(key);
    }
    const course = panel.course.key;
    const where = trans.__('Checking “%1”', assignment.title);
    this.unwanted.delete(key);
    this.setCheck(key, { kind: 'running', done: 0, total: 0, what: trans.__('Starting') });
    this._announced.emit(where);
    let check: Check;
    try {
      if (assignment.path !== null) {
        await documents.save(assignment.path);
      }
      const { task } = await api.check(course, key);
      if (this.unwanted.has(key)) {
        await api.cancelTask(task);
      }
      check = await this.watch(key, task, where);
    } catch (error) {
      check = { kind: 'failed', trouble: explain(error, where, trans) };
    }
    this.tasks.delete(key);
    this.setCheck(key, check);
    this._announced.emit(this.checkText(check));
    return check;
  }

  async cancelCheck(key: string): Promise<void> {
    const { trans, api } = this.options;
    const task = this.tasks.get(key);
    if (task === undefined) {
      // the server has not named the task yet: it is cancelled as soon as it does
      this.unwanted.add(key);
    } else {
      await this.act(trans.__('Cancelling the check'), () => api.cancelTask(task));
    }
  }

  forgetCheck(key: string): void {
    this.checks.delete(this.checkKey(key));
    this.emit();
  }

  /** In one sentence, how a check ended. */
  checkText(check: Check): string {
    const { trans } = this.options;
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

  /** What a submission would hold, before anything is sent. */
  async previewSubmission(key: string): Promise<ISubmissionPreview | null> {
    const { trans, api, documents, facts } = this.options;
    const { panel } = this;
    const assignment = this.assignment(key);
    if (!panel || !assignment) {
      return null;
    }
    return this.act(trans.__('Preparing the submission of “%1”', assignment.title), async () => {
      if (assignment.path !== null) {
        await documents.save(assignment.path);
      }
      await facts.flush();
      return api.previewSubmission(panel.course.key, key);
    });
  }

  async submit(key: string, choice: ISubmissionChoice): Promise<IReceipt | null> {
    const { trans, api } = this.options;
    const { panel } = this;
    const assignment = this.assignment(key);
    if (!panel || !assignment) {
      return null;
    }
    const answer = await this.act(trans.__('Submitting “%1”', assignment.title), () =>
      api.submit(panel.course.key, key, choice)
    );
    if (!answer) {
      return null;
    }
    this.say(trans.__('“%1” is submitted.', assignment.title));
    await this.refresh();
    return answer.receipt;
  }

  /** Tells the views that what waits in the browser has changed. */
  pendingChanged(): void {
    this.emit();
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
          return {
            kind: 'failed',
            trouble: explain(new ApiError(500, code, message, hint), where, trans)
          };
        }
        case 'running':
          this.setCheck(key, { kind: 'running', done: now.done, total: now.total, what: now.what });
      }
      if (this._isDisposed) {
        return { kind: 'cancelled' };
      }
      await this.wait(TASK_INTERVAL);
    }
  }

  /** Runs one action: its failure becomes the trouble in view, and null is returned. */
  private async act<T>(where: string, action: () => Promise<T>): Promise<T | null> {
    this._busy++;
    this._trouble = null;
    this._note = null;
    this.emit();
    try {
      return await action();
    } catch (error) {
      this._trouble = explain(error, where, this.options.trans);
      this.stale = false;
      return null;
    } finally {
      this._busy--;
      this.emit();
    }
  }

  private accept(answer: PanelAnswer): void {
    if (this._isDisposed) {
      return;
    }
    const before = this.panel;
    if (answer.course === null) {
      this._content = { kind: 'empty', workspaces: answer.workspaces };
    } else {
      this._content = { kind: 'ready', panel: answer };
      if (before) {
        for (const change of changesText(before, answer, this.options.trans)) {
          this._announced.emit(change);
        }
      }
    }
    this.emit();
  }

  private setCheck(assignment: string, check: Check): void {
    this.checks.set(this.checkKey(assignment), check);
    this.emit();
  }

  private checkKey(assignment: string): string {
    return `${this.panel?.course.key ?? ''}/${assignment}`;
  }

  private emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly wait: (milliseconds: number) => Promise<void>;
  private readonly checks = new Map<string, Check>();
  private readonly tasks = new Map<string, string>();
  private readonly unwanted = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _announced = new Signal<this, string>(this);
  private which: { path?: string; course?: string } = {};
  private asked = 0;
  private stale = false;
  private _content: Content = { kind: 'loading' };
  private _trouble: ITrouble | null = null;
  private _note: string | null = null;
  private _busy = 0;
  private _isDisposed = false;
}
