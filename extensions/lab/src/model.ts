/** What the course's views show, and what can be done in them. Views render it; nothing here knows a widget. */

import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { type TranslationBundle } from '@jupyterlab/translation';

import { type ICourseApi } from './api';
import { Checks } from './checks';
import {
  findAssignment,
  findLesson,
  type IAssignment,
  type IBroughtOver,
  type IFeedback,
  type ILesson,
  type IOpened,
  type IPanel,
  type IReceipt,
  type ISubmissionChoice,
  type ISubmissionPreview,
  type IWorkspace,
  type PageFact,
  type PanelAnswer
} from './protocol';
import { keepWhatIsSame } from './same';
import { Study } from './study';
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

export interface ICourseModelOptions {
  readonly api: ICourseApi;
  readonly documents: IDocuments;
  readonly facts: IFactSink;
  readonly trans: TranslationBundle;
  /** Resolves after that many milliseconds; tests pass their own. */
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** The open course. What concerns checks of the learner's work, and goal, review and plan, has models of its own. */
export class CourseModel implements IDisposable {
  constructor(private readonly options: ICourseModelOptions) {
    this.checks = new Checks(this, options);
    this.study = new Study(this, options);
  }

  /** "Check my work" on each assignment. */
  readonly checks: Checks;
  /** The learner's goal, reviews, pace and calendar. */
  readonly study: Study;

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

  /** Read out, and shown nowhere. */
  announce(sentence: string): void {
    this._announced.emit(sentence);
  }

  /** Whether what is in view may be old, because the server did not answer when it was asked last. */
  get isStale(): boolean {
    return this.stale;
  }

  /** Shown and read out; for what another part of the page has achieved. */
  say(note: string): void {
    this._note = note;
    this._announced.emit(note);
    this.emit();
  }

  /** Goes where the learner goes on. */
  async openNext(): Promise<void> {
    const next = this.panel?.next ?? null;
    const lesson = next?.kind === 'lesson' ? this.lesson(next.key) : null;
    if (lesson) {
      await this.openLesson(lesson);
    } else if (next !== null && next.path !== null) {
      await this.openPath(next.path);
    }
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

  /** Runs one action: its failure becomes the trouble in view, and null is returned. */
  async act<T>(where: string, action: () => Promise<T>): Promise<T | null> {
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

  /** Takes what an action was answered with; what was asked for before it is ignored when it comes. */
  take(answer: PanelAnswer): void {
    this.asked++;
    this.accept(answer);
  }

  /** Shows `panel` ahead of the server's answer. */
  show(panel: IPanel): void {
    this._content = { kind: 'ready', panel };
    this.emit();
  }

  private accept(answer: PanelAnswer): void {
    if (this._isDisposed) {
      return;
    }
    const before = this.panel;
    if (answer.course === null) {
      this._content = { kind: 'empty', workspaces: answer.workspaces };
    } else {
      this._content = { kind: 'ready', panel: keepWhatIsSame(before, answer) };
      if (before) {
        for (const change of changesText(before, answer, this.options.trans)) {
          this._announced.emit(change);
        }
      }
    }
    this.emit();
  }

  /** Tells the views to look again. */
  emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

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
