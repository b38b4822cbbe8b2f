/** Most of a course stays as it was from one answer to the next: what does is kept, so that views need not look at it. */

import { type IPanel } from './protocol';

/** `after`, with every unit, lesson and assignment of `before` that is equal being the very same object. */
export function keepWhatIsSame(before: IPanel | null, after: IPanel): IPanel {
  if (before?.course.key !== after.course.key) {
    return after;
  }
  const units = new Map(before.units.map(unit => [unit.key, unit]));
  return {
    ...after,
    units: after.units.map(unit => {
      const old = units.get(unit.key);
      if (!old) {
        return unit;
      }
      const lessons = kept(old.lessons, unit.lessons);
      const assignments = kept(old.assignments, unit.assignments);
      const next = { ...unit, lessons, assignments };
      return lessons === old.lessons &&
        assignments === old.assignments &&
        isSame(bare(old), bare(next))
        ? old
        : next;
    })
  };
}

/** `after`, with what is equal in `before` taken from there; `before` itself where all is. */
function kept<T extends { readonly key: string }>(
  before: readonly T[],
  after: readonly T[]
): readonly T[] {
  const known = new Map(before.map(part => [part.key, part]));
  const parts = after.map(part => {
    const old = known.get(part.key);
    return old && isSame(old, part) ? old : part;
  });
  return parts.length === before.length && parts.every((part, index) => part === before[index])
    ? before
    : parts;
}

function bare(unit: object): object {
  return { ...unit, lessons: null, assignments: null };
}

/** Whether both came from JSON of the same text: the server writes fields in one order. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
