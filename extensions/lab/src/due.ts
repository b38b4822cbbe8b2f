/** Tells the learner what is due soon: once a day for each thing, also when the page is loaded again. */

import { type IPanel } from './protocol';
import { type INotice } from './protocolWeek';

export interface IDueNoticesOptions {
  readonly storage: Storage;
  /** Tells the storage of one person's server from that of another on the same origin. */
  readonly scope: string;
  /** Shows a notice; the answer takes it away again. */
  readonly notify: (notice: INotice) => () => void;
  readonly now?: () => Date;
}

export class DueNotices {
  constructor(private readonly options: IDueNoticesOptions) {}

  /** Says what `panel` has to say and was not said today. */
  tell(panel: IPanel): void {
    const { notify, now = () => new Date() } = this.options;
    const day = dayOf(now());
    this.takeAway(panel);
    for (const notice of panel.notices ?? []) {
      const key = `${this.prefix}${panel.course.key}:${notice.key}`;
      if (this.said.get(key) !== day && this.read(key) !== day) {
        this.said.set(key, day);
        this.write(key, day);
        this.shown.set(key, notify(notice));
      }
    }
    this.forgetBefore(day);
  }

  /** What is not true any more, because it is handed in or its date has moved, is not left standing. */
  private takeAway(panel: IPanel): void {
    const course = `${this.prefix}${panel.course.key}:`;
    const present = new Set((panel.notices ?? []).map(({ key }) => course + key));
    for (const [key, dismiss] of this.shown) {
      if (key.startsWith(course) && !present.has(key)) {
        dismiss();
        this.shown.delete(key);
      }
    }
  }

  /** What was said on other days need not be remembered. */
  private forgetBefore(day: string): void {
    if (this.day === day) {
      return;
    }
    this.day = day;
    const { storage } = this.options;
    const old = Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter(
      key => key?.startsWith(this.prefix) === true && storage.getItem(key) !== day
    );
    old.forEach(key => key !== null && storage.removeItem(key));
  }

  private read(key: string): string | null {
    return this.options.storage.getItem(key);
  }

  private write(key: string, day: string): void {
    try {
      this.options.storage.setItem(key, day);
    } catch {
      // full: it is said again when the page is loaded again
    }
  }

  private get prefix(): string {
    return `course-kit:due:${this.options.scope}:`;
  }

  private readonly said = new Map<string, string>();
  private readonly shown = new Map<string, () => void>();
  private day = '';
}

/** The learner's own calendar day. */
function dayOf(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
