import { type IPanel } from './protocol';

/**
 * The first-run notice of each course: shown until the learner says that they have read it.
 *
 * The server names its page only as long as no lesson was opened, which may be a second; the browser remembers.
 */
export class FirstRunNotices {
  constructor(
    private readonly storage: Storage,
    private readonly scope: string
  ) {}

  /** Takes note of a notice that the server asks to show. */
  remember(panel: IPanel): void {
    const key = this.key(panel);
    if (panel.notice !== null && this.storage.getItem(key) === null) {
      this.put(key, panel.notice);
    }
  }

  /** The page to show for `panel`'s course, or null where there is none or it was read. */
  page(panel: IPanel): string | null {
    return this.storage.getItem(this.key(panel)) || null;
  }

  read(panel: IPanel): void {
    this.put(this.key(panel), READ);
  }

  private put(key: string, value: string): void {
    try {
      this.storage.setItem(key, value);
    } catch {
      // full: the notice is shown again another day
    }
  }

  private key(panel: IPanel): string {
    return `course-kit:notice:${this.scope}:${panel.course.key}`;
  }
}

const READ = '';
