import { describe, expect, it } from 'vitest';

import events from '../../../tests/golden/events.json';
import {
  findAssignment,
  findLesson,
  parseCheckedWork,
  parsePanel,
  readMark,
  VersionMismatch
} from '../src/protocol';
import { goldenPanel } from './worlds';

describe('the golden panel', () => {
  it('is read', () => {
    const panel = goldenPanel();
    expect(panel.course.title).toBe('Data science, self-paced');
    expect(findLesson(panel, 'chance')?.reasons[0]?.minutes).toBe(40);
    expect(findAssignment(panel, 'warm-up')?.score).toBe(0);
    expect(findLesson(panel, 'nowhere')).toBeNull();
  });

  it('of another version is refused, with both versions', () => {
    const newer = { ...goldenPanel(), version: 2 };
    expect(() => parsePanel(newer)).toThrow(VersionMismatch);
    expect(() => parsePanel(newer)).toThrow('panel version 2, supported 1');
  });

  it('may be absent', () => {
    const answer = parsePanel({ course: null, workspaces: [{ course: 'a', folder: 'b' }] });
    expect(answer).toEqual({ course: null, workspaces: [{ course: 'a', folder: 'b' }] });
  });

  it.each([null, 'text', [], { version: 1, course: {} }])('is not %j', value => {
    if (Array.isArray(value)) {
      expect(() => parsePanel(value)).toThrow(TypeError);
    } else {
      expect(() => parsePanel(value)).toThrow();
    }
  });
});

describe('the golden facts', () => {
  it('that a page writes are facts of this page', () => {
    const kinds = events.good.map(event => event.fact.kind);
    expect(kinds).toEqual(expect.arrayContaining(['LessonOpened', 'LessonViewed', 'CellRan']));
  });
});

describe("a notebook's mark", () => {
  it('names lesson or assignment', () => {
    expect(readMark({ version: 1, course: 'c', lesson: 'l' })).toEqual({
      version: 1,
      course: 'c',
      lesson: 'l',
      assignment: null
    });
    expect(readMark({ version: 1, course: 'c', assignment: 'a' })?.assignment).toBe('a');
    expect(readMark({ version: 1, course: 'c', review: '2026-11-22-3f2a1b' })).toEqual({
      version: 1,
      course: 'c',
      lesson: null,
      assignment: null
    });
  });

  it.each([undefined, null, {}, { course: 3 }, { course: 'c' }, 'c'])('is absent in %j', value => {
    expect(readMark(value)).toBeNull();
  });
});

describe('checked work', () => {
  it('reads cells, and names those that have no name', () => {
    const work = parseCheckedWork({
      cells: [
        { grade_id: 'mean', verdict: 'passed' },
        { verdict: 'unheard-of', message: 'no' }
      ],
      problems: ['penguins.ipynb cannot be read.']
    });
    expect(work.cells).toEqual([
      { name: 'mean', verdict: 'passed', message: '' },
      { name: '2', verdict: 'failed', message: 'no' }
    ]);
    expect(work.problems).toEqual(['penguins.ipynb cannot be read.']);
    expect(parseCheckedWork(null)).toEqual({ cells: [], problems: [] });
  });
});
