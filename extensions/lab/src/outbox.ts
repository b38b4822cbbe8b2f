/**
 * Facts on their way to the server.
 *
 * A fact stays in the browser's storage until the server says that it is durable, so that a closed lid, a lost
 * connection or a stopped server loses nothing. Each fact has its own key: two tabs never overwrite each other,
 * and a fact that both send is stored once, by its event id.
 */

import { type IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { ApiError, type ICourseApi } from './api';
import { uuid7 } from './ids';
import { type IStampedFact, type PageFact } from './protocol';

export interface IOutboxOptions {
  readonly api: Pick<ICourseApi, 'facts'>;
  readonly storage: Storage;
  /** Whose facts these are: servers of several people may share one origin (`/user/ada/`, `/user/bo/`). */
  readonly scope: string;
  readonly now?: () => number;
  /** The waits between attempts, in milliseconds; the last one repeats. */
  readonly waits?: readonly number[];
}

interface IEntry {
  readonly key: string;
  readonly path: string;
  readonly stamped: IStampedFact;
}

const WAITS = [2_000, 5_000, 15_000, 60_000, 300_000] as const;
/** Facts that come together travel together, after this pause in milliseconds. */
const SOON = 800;
/** The server reads requests of a bounded size. */
const BATCH = 200;

export class Outbox implements IDisposable {
  constructor(private readonly options: IOutboxOptions) {
    this.prefix = `course-kit:outbox:${options.scope}:`;
    this.now = options.now ?? Date.now;
    this.waits = options.waits ?? WAITS;
    if (this.pending > 0) {
      this.schedule(0);
    }
  }

  /** Emitted with the paths whose facts the server has stored. */
  get delivered(): ISignal<this, readonly string[]> {
    return this._delivered;
  }

  /** Emitted when the number of waiting facts changes. */
  get pendingChanged(): ISignal<this, number> {
    return this._pendingChanged;
  }

  get pending(): number {
    return this.keys().length;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  /**
   * Keeps `fact`, seen in the notebook at `path`, and sends it soon.
   *
   * How much of a lesson was viewed only grows: a newer value takes the place of one that still waits.
   */
  add(path: string, fact: PageFact): void {
    if (fact.kind === 'LessonViewed') {
      this.dropOlderView(path, fact.lesson);
    }
    const at = this.now();
    const stamped: IStampedFact = { event_id: uuid7(at), at: new Date(at).toISOString(), fact };
    const key = this.prefix + stamped.event_id;
    const entry: IEntry = { key, path, stamped };
    try {
      this.options.storage.setItem(key, JSON.stringify({ path, stamped }));
    } catch (error) {
      // full, or forbidden by the browser: kept for as long as the page lives
      console.warn(
        'course-kit: the browser stores nothing more; progress waits in this page only.',
        error
      );
      this.memory.set(key, entry);
    }
    this._pendingChanged.emit(this.pending);
    this.schedule(SOON);
  }

  /** Sends what waits now. Resolves when the attempt is over, whether or not it succeeded. */
  async flush(): Promise<void> {
    if (this.flushing) {
      return this.flushing;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushing = this.send().finally(() => {
      this.flushing = null;
      this.sending.clear();
    });
    return this.flushing;
  }

  private async send(): Promise<void> {
    const delivered: string[] = [];
    let failed = false;
    for (const [path, entries] of this.byPath()) {
      for (let start = 0; start < entries.length && !this._isDisposed; start += BATCH) {
        const batch = entries.slice(start, start + BATCH);
        batch.forEach(entry => this.sending.add(entry.key));
        try {
          const answer = await this.options.api.facts(
            path,
            batch.map(entry => entry.stamped)
          );
          const settled = this.settle(batch, new Set(answer.stored), answer.refused ?? []);
          failed = failed || !settled;
          delivered.push(path);
        } catch (error) {
          failed = true;
          if (error instanceof ApiError && error.code !== 'no-extension') {
            // this notebook's facts wait for a better day (it was moved, say); others go on
            console.warn(`course-kit: facts of ${path} are not stored yet.`, error);
          }
          break;
        }
      }
    }
    if (this._isDisposed) {
      return;
    }
    this.failures = failed ? this.failures + 1 : 0;
    this._pendingChanged.emit(this.pending);
    if (delivered.length > 0) {
      this._delivered.emit(delivered);
    }
    if (failed) {
      this.schedule(this.waits[Math.min(this.failures, this.waits.length) - 1] ?? 0);
    } else if (this.pending > 0) {
      this.schedule(0);
    }
  }

  /** Forgets what the server has stored or refused; whether that was all of the batch. */
  private settle(
    batch: readonly IEntry[],
    stored: ReadonlySet<string>,
    refused: readonly { readonly event_id: string; readonly reason: string }[]
  ): boolean {
    let settled = true;
    const reasons = new Map(refused.map(({ event_id, reason }) => [event_id, reason]));
    for (const { key, stamped } of batch) {
      const reason = reasons.get(stamped.event_id);
      if (reason !== undefined) {
        console.warn(`course-kit: the server refused ${stamped.fact.kind}: ${reason}`);
      }
      if (reason !== undefined || stored.has(stamped.event_id)) {
        this.remove(key);
      } else {
        settled = false;
      }
    }
    return settled;
  }

  private dropOlderView(path: string, lesson: string): void {
    for (const entry of this.entries()) {
      const { fact } = entry.stamped;
      if (
        fact.kind === 'LessonViewed' &&
        fact.lesson === lesson &&
        entry.path === path &&
        !this.sending.has(entry.key)
      ) {
        this.remove(entry.key);
      }
    }
  }

  private byPath(): Map<string, IEntry[]> {
    const paths = new Map<string, IEntry[]>();
    for (const entry of this.entries()) {
      const entries = paths.get(entry.path) ?? [];
      entries.push(entry);
      paths.set(entry.path, entries);
    }
    return paths;
  }

  /** What waits, oldest first: version 7 ids sort by time. */
  private entries(): IEntry[] {
    return this.keys().flatMap(key => {
      const kept = this.memory.get(key);
      if (kept) {
        return [kept];
      }
      try {
        const { path, stamped } = JSON.parse(this.options.storage.getItem(key) ?? '') as IEntry;
        return [{ key, path, stamped }];
      } catch {
        this.remove(key);
        return [];
      }
    });
  }

  private keys(): string[] {
    const keys = [...this.memory.keys()];
    const { storage } = this.options;
    for (let index = 0; index < storage.length; index++) {
      const key = storage.key(index);
      if (key?.startsWith(this.prefix)) {
        keys.push(key);
      }
    }
    return keys.sort();
  }

  private remove(key: string): void {
    this.memory.delete(key);
    this.options.storage.removeItem(key);
  }

  private schedule(wait: number): void {
    // one attempt is planned at a time: while the server is away, new facts wait for it
    if (this._isDisposed || this.timer !== undefined) {
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, wait);
  }

  private readonly prefix: string;
  private readonly now: () => number;
  private readonly waits: readonly number[];
  private readonly memory = new Map<string, IEntry>();
  private readonly sending = new Set<string>();
  private readonly _delivered = new Signal<this, readonly string[]>(this);
  private readonly _pendingChanged = new Signal<this, number>(this);
  private flushing: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private _isDisposed = false;
}
