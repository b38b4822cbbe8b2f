/** Which cells of a lesson have been in view. */

/** How long a cell must stay in view to count as seen, in milliseconds. */
export const DWELL = 700;

/** The cells that were seen, kept in the browser, so that a lesson may be read on several days. */
export class SeenCells {
  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'>,
    private readonly key: string
  ) {
    try {
      const kept: unknown = JSON.parse(storage.getItem(key) ?? '[]');
      if (Array.isArray(kept)) {
        kept.forEach(id => typeof id === 'string' && this.ids.add(id));
      }
    } catch {
      // another program's value: begin anew
    }
  }

  /** Whether `id` is new. */
  add(id: string): boolean {
    if (this.ids.has(id)) {
      return false;
    }
    this.ids.add(id);
    try {
      this.storage.setItem(this.key, JSON.stringify([...this.ids]));
    } catch {
      // full: what was seen counts for as long as the page lives
    }
    return true;
  }

  /** The share of the present cells that has been seen, from 0 to 1; a lesson without cells is seen. */
  fraction(present: readonly string[]): number {
    if (present.length === 0) {
      return 1;
    }
    return present.filter(id => this.ids.has(id)).length / present.length;
  }

  private readonly ids = new Set<string>();
}

/** Whether enough of a cell is in view: half of it, or, of a tall one, half a screen. */
export function isInView(
  entry: Pick<IntersectionObserverEntry, 'isIntersecting' | 'intersectionRatio'> & {
    readonly intersectionRect: { readonly height: number };
    readonly rootBounds: { readonly height: number } | null;
  }
): boolean {
  if (!entry.isIntersecting) {
    return false;
  }
  const screen = entry.rootBounds?.height ?? Infinity;
  return entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= screen / 2;
}
