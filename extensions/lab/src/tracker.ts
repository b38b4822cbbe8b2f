/** The facts that only the page sees: a lesson was opened, how much of it was in view, cells of other kernels. */

import { type Cell } from '@jupyterlab/cells';
import {
  type INotebookTracker,
  type Notebook,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { type KernelMessage } from '@jupyterlab/services';
import { DisposableSet, type IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { type CourseModel, type IFactSink } from './model';
import { type INotebookMark, readMark } from './protocol';
import { cellRan, kernelRecords } from './ran';
import { DWELL, isInView, SeenCells } from './seen';

export interface ITrackerOptions {
  readonly tracker: INotebookTracker;
  readonly model: CourseModel;
  readonly facts: IFactSink;
  readonly storage: Storage;
  readonly scope: string;
}

/** A share that grew is sent after this pause, in milliseconds: reading on makes one fact, not twenty. */
const VIEW_PAUSE = 3_000;
/** After something ran or was answered, the course is asked for again; kernels write their journals first. */
const REFRESH_PAUSE = 1_500;

/** The mark that course-kit put into the notebook, once its file has been read. */
export function markOf(panel: NotebookPanel): INotebookMark | null {
  return readMark(panel.context.model?.getMetadata('course_kit'));
}

/** Watches every notebook that is opened, for as long as it is open. */
export class LessonTracker implements IDisposable {
  constructor(private readonly options: ITrackerOptions) {
    const { tracker } = options;
    tracker.widgetAdded.connect(this.onAdded, this);
    tracker.currentChanged.connect(this.onCurrent, this);
    tracker.forEach(panel => void this.watch(panel));
    NotebookActions.executed.connect(this.onExecuted, this);
    NotebookActions.executionScheduled.connect(this.onScheduled, this);
  }

  get isDisposed(): boolean {
    return this.watches.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      clearTimeout(this.refreshing);
      this.watches.dispose();
      Signal.clearData(this);
    }
  }

  private onAdded(_: INotebookTracker, panel: NotebookPanel): void {
    void this.watch(panel);
  }

  private async watch(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    if (panel.isDisposed || this.isDisposed) {
      return;
    }
    const mark = markOf(panel);
    if (mark === null) {
      return;
    }
    const watch = new NotebookWatch(panel, mark, this.options, () => this.refreshSoon());
    this.watches.add(watch);
    panel.disposed.connect(() => {
      this.watches.remove(watch);
      watch.dispose();
    });
    if (panel === this.options.tracker.currentWidget) {
      void this.options.model.follow(panel.context.path);
    }
  }

  private onCurrent(_: INotebookTracker, panel: NotebookPanel | null): void {
    if (panel?.context.isReady && markOf(panel)) {
      void this.options.model.follow(panel.context.path);
    }
  }

  private onScheduled(_: unknown, { cell }: { cell: Cell }): void {
    this.started.set(cell.model.id, Date.now());
  }

  private onExecuted(
    _: unknown,
    ran: { notebook: Notebook; cell: Cell; success: boolean; error?: { errorName?: string } | null }
  ): void {
    const { cell, error, notebook, success } = ran;
    const panel = this.options.tracker.find(each => each.content === notebook);
    const mark = panel && markOf(panel);
    if (!panel || !mark) {
      return;
    }
    this.refreshSoon();
    const begun = this.started.get(cell.model.id) ?? Date.now();
    this.started.delete(cell.model.id);
    const { lesson } = mark;
    const { kernel } = panel.sessionContext.session ?? {};
    if (lesson === null || !kernel) {
      return;
    }
    const fact = cellRan(lesson, {
      cell: cell.model.id,
      type: cell.model.type,
      count: (cell.model as { executionCount?: unknown }).executionCount,
      success,
      errorName: error?.errorName,
      milliseconds: Date.now() - begun
    });
    void kernel.info.then(info => {
      if (fact !== null && !kernelRecords(info.language_info.name)) {
        this.options.facts.add(panel.context.path, fact);
      }
    });
  }

  private refreshSoon(): void {
    clearTimeout(this.refreshing);
    this.refreshing = setTimeout(() => void this.options.model.refresh(), REFRESH_PAUSE);
  }

  private readonly watches = new DisposableSet();
  private readonly started = new Map<string, number>();
  private refreshing: ReturnType<typeof setTimeout> | undefined;
}

/** One open notebook of a course. */
class NotebookWatch implements IDisposable {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly mark: INotebookMark,
    private readonly options: ITrackerOptions,
    private readonly answered: () => void
  ) {
    panel.sessionContext.iopubMessage.connect(this.onMessage, this);
    if (mark.lesson === null) {
      return;
    }
    options.facts.add(panel.context.path, { kind: 'LessonOpened', lesson: mark.lesson });
    const key = `course-kit:seen:${options.scope}:${mark.course}/${mark.lesson}`;
    this.seen = new SeenCells(options.storage, key);
    this.told = this.seen.fraction(this.present());
    this.observe();
    panel.content.model?.cells.changed.connect(this.observe, this);
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this.tell();
    this._isDisposed = true;
    this.observer?.disconnect();
    this.inView.forEach(timer => clearTimeout(timer));
    clearTimeout(this.telling);
    document.removeEventListener('visibilitychange', this.onVisibility);
    Signal.clearData(this);
  }

  /** Answers to quizzes come as messages of widgets; the kernel has recorded them by then. */
  private onMessage(_: unknown, message: KernelMessage.IMessage): void {
    if (message.header.msg_type === 'comm_msg') {
      this.answered();
    }
  }

  private observe(): void {
    const root = this.panel.content.node.querySelector('.jp-WindowedPanel-outer');
    this.observer ??= new IntersectionObserver(entries => this.onView(entries), {
      root,
      threshold: [0, 0.1, 0.25, 0.5, 0.75, 1]
    });
    for (const cell of this.panel.content.widgets) {
      if (!this.cells.has(cell.node)) {
        this.cells.set(cell.node, cell);
        this.observer.observe(cell.node);
      }
    }
  }

  private onView(entries: readonly IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const cell = this.cells.get(entry.target);
      if (!cell || cell.isDisposed) {
        continue;
      }
      const { id } = cell.model;
      const timer = this.inView.get(id);
      if (!isInView(entry)) {
        clearTimeout(timer);
        this.inView.delete(id);
      } else if (timer === undefined) {
        this.inView.set(
          id,
          setTimeout(() => this.onSeen(id), DWELL)
        );
      }
    }
  }

  private onSeen(id: string): void {
    if (this.seen?.add(id)) {
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.tell(), VIEW_PAUSE);
    }
  }

  private tell(): void {
    const { lesson } = this.mark;
    if (!this.seen || lesson === null || this._isDisposed) {
      return;
    }
    clearTimeout(this.telling);
    const fraction = this.seen.fraction(this.present());
    if (fraction > this.told) {
      this.told = fraction;
      this.options.facts.add(this.panel.context.path, { kind: 'LessonViewed', lesson, fraction });
    }
  }

  private present(): string[] {
    const model = this.panel.content.model;
    if (model && !model.isDisposed) {
      this.lastPresent = [...model.cells].map(cell => cell.id);
    }
    return this.lastPresent;
  }

  private readonly onVisibility = (): void => {
    if (document.visibilityState === 'hidden') {
      this.tell();
    }
  };

  private readonly cells = new WeakMap<Element, Cell>();
  private readonly inView = new Map<string, ReturnType<typeof setTimeout>>();
  private seen: SeenCells | null = null;
  private observer: IntersectionObserver | null = null;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private lastPresent: string[] = [];
  private told = 0;
  private _isDisposed = false;
}
