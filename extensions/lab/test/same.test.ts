import { describe, expect, it } from 'vitest';

import { keepWhatIsSame } from '../src/same';
import { goldenPanel, withLesson } from './worlds';

describe('a new answer', () => {
  it('keeps every unit that is as it was', () => {
    const before = goldenPanel();
    const after = keepWhatIsSame(before, goldenPanel());
    expect(after).not.toBe(before);
    expect(after.units).toHaveLength(2);
    after.units.forEach((unit, index) => expect(unit).toBe(before.units[index]));
  });

  it('takes what has changed, and keeps what lies beside it', () => {
    const before = goldenPanel();
    const after = keepWhatIsSame(before, withLesson('frames', { fraction: 0.5 }));
    expect(after.units[0]).toBe(before.units[0]);
    expect(after.units[1]).not.toBe(before.units[1]);
    expect(after.units[1]?.lessons[0]?.fraction).toBe(0.5);
    expect(after.units[1]?.lessons[1]).toBe(before.units[1]?.lessons[1]);
    expect(after.units[1]?.assignments).toBe(before.units[1]?.assignments);
  });

  it('is taken as it is where the course is another, or a part is gone or new', () => {
    const before = goldenPanel();
    const other = { ...goldenPanel(), course: { ...before.course, key: 'other' } };
    expect(keepWhatIsSame(before, other)).toBe(other);
    expect(keepWhatIsSame(null, other)).toBe(other);
    const fewer = { ...goldenPanel(), units: goldenPanel().units.slice(1) };
    expect(keepWhatIsSame(before, fewer)).toEqual(fewer);
    expect(keepWhatIsSame(fewer, before)).toEqual(before);
    const bare = goldenPanel();
    const shorter = {
      ...bare,
      units: bare.units.map(unit => ({ ...unit, lessons: unit.lessons.slice(1) }))
    };
    expect(keepWhatIsSame(before, shorter)).toEqual(shorter);
    expect(keepWhatIsSame(shorter, before)).toEqual(before);
  });
});
