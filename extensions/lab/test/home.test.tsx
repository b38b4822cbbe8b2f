import { act } from 'react';
import { describe, expect, it } from 'vitest';

import { Unreachable } from '../src/api';
import { type IAssignment, type IPanel } from '../src/protocol';
import { type IPlan, type IReviews, type IWeek } from '../src/protocolWeek';
import { makeStage } from './stage';
import { goldenPanel, makeWorld } from './worlds';

const REVIEWS: IReviews = {
  due: 2,
  minutes: 10,
  next_at: null,
  skills: [
    {
      skill: 'mean',
      title: 'Mean and median',
      due: true,
      due_at: '2026-11-21T08:00:00Z',
      strength: 0.62,
      lessons: [{ key: 'first-steps', title: 'First steps', path: 'n/01.ipynb' }]
    },
    { skill: 'tidy', title: 'Tidy', due: true, due_at: null, strength: 0.9, lessons: [] }
  ],
  weak: []
};

const PLAN: IPlan = {
  hours_per_week: 3,
  measured: 140,
  minutes_left: 315,
  finish: { early: '2026-12-03', expected: '2026-12-10', late: '2026-12-20' },
  milestones: [
    {
      unit: 'frames',
      title: 'Tables',
      pace_at: '2026-11-22T15:00:00Z',
      planned_at: '2026-11-26T15:00:00Z',
      state: 'late'
    }
  ],
  paused_since: null,
  text: 'At 3 hours a week, you finish about 10 December.'
};

const WEEK: IWeek = {
  monday: '2026-11-16',
  milestones: [
    {
      unit: 'frames',
      title: 'Tables',
      text: 'Finish Tables',
      at: '2026-11-10T12:00:00Z',
      state: 'late',
      reached_at: null
    }
  ],
  last: { lessons: ['First steps'], items: 1, reviews: 0, minutes: 95, submitted: ['Warm-up'] }
};

function withAssignment(change: Partial<IAssignment>): IPanel {
  const panel = goldenPanel();
  const units = panel.units.map(unit => ({
    ...unit,
    assignments: unit.assignments.map(each =>
      each.key === 'penguins' ? { ...each, ...change } : each
    )
  }));
  return { ...panel, units };
}

const stage = makeStage();

describe('this week', () => {
  it('shows what is late, and what was reached in the week before', async () => {
    await stage.show(makeWorld({ panel: [{ ...goldenPanel(), week: WEEK }] }));
    expect(stage.said('.course-kit-row')).toEqual(['!Finish Tables late: planned for Tue, Nov 10']);
    expect(stage.said('.course-kit-last')).toEqual(['1 lesson · 1 question solved · 1 h 35 min']);
    await stage.press('Last week');
    expect(stage.said('.course-kit-plain li')).toEqual(['Done: First steps', 'Handed in: Warm-up']);
  });

  it('says nothing of a week in which nothing was done', async () => {
    const last = { lessons: [], items: 0, reviews: 0, minutes: 0, submitted: [] };
    const panel = { ...goldenPanel(), week: { ...WEEK, milestones: [], last } };
    await stage.show(makeWorld({ panel: [panel] }));
    expect(() => stage.named('Last week')).toThrow();
    expect(stage.said('h4')).not.toContain('Milestones');
  });
});

describe('reviews', () => {
  it('start with one press, and open', async () => {
    const made = { path: 'c/review/review-2026-11-22.ipynb', skills: 2, minutes: 10 };
    const world = makeWorld({ panel: [{ ...goldenPanel(), reviews: REVIEWS }], review: [made] });
    await stage.show(world);
    await stage.press('Start the review');
    await act(() => Promise.resolve());
    expect(world.server.asked).toContainEqual(['review', 'data-science', 10, false]);
    expect(world.desk.did).toEqual([`open ${made.path}`]);
  });

  it('are practised anyway where nothing is due', async () => {
    const reviews = { ...REVIEWS, due: 0, next_at: '2026-11-24T12:00:00Z' };
    const world = makeWorld({ panel: [{ ...goldenPanel(), reviews }], review: [new Error('no')] });
    await stage.show(world);
    expect(stage.node.textContent).toContain('until Tue, Nov 24 (in 2 days)');
    await stage.press('Practise anyway');
    expect(world.server.asked).toContainEqual(['review', 'data-science', 10, true]);
    expect(stage.said('[role=alert] strong')).toEqual(['Starting a review: this did not work.']);
  });

  it('name the lessons that teach what is weak', async () => {
    const reviews = { ...REVIEWS, weak: REVIEWS.skills.slice(0, 1) };
    const world = makeWorld({ panel: [{ ...goldenPanel(), reviews }] });
    await stage.show(world);
    await stage.press('Weak skills 1');
    expect(stage.said('.course-kit-skill')).toEqual([
      'Mean and median remembered to 62 % · due nowTaught in: First steps'
    ]);
    await stage.press('First steps');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/01-first-steps.ipynb']);
  });

  it('are not spoken of before there is a skill', async () => {
    const reviews = { ...REVIEWS, due: 0, skills: [] };
    await stage.show(makeWorld({ panel: [{ ...goldenPanel(), reviews }] }));
    expect(stage.said('h3')).not.toContain('Review');
  });
});

describe('the plan', () => {
  const withPlan = (plan: Partial<IPlan>, feed: string | null = null): IPanel => ({
    ...goldenPanel(),
    plan: { ...PLAN, ...plan },
    calendar: { feed }
  });
  const type = (text: string): void => {
    const field = stage.node.querySelector<HTMLInputElement>('#course-kit-hours');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
    act(() => {
      set?.call(field, text);
      field?.dispatchEvent(new Event('input', { bubbles: true }));
    });
  };

  it('is made of hours a week', async () => {
    const world = makeWorld({ panel: [withPlan({})], pace: [withPlan({ hours_per_week: 4.5 })] });
    await stage.show(world);
    await stage.press('Plan done about Thu, Dec 10');
    type('4,5');
    await stage.press('Plan with it');
    expect(world.server.asked.at(-1)).toEqual(['pace', 'data-science', 'hours', 4.5]);
    expect(world.said.at(-1)).toBe(PLAN.text);
  });

  it.each(['many', '-1', '0', '168'])('is not made of %j hours a week', async text => {
    const world = makeWorld({ panel: [withPlan({})] });
    await stage.show(world);
    await stage.press('Plan done about Thu, Dec 10');
    type(text);
    await stage.press('Plan with it');
    expect(stage.said('[role=alert]')).toEqual([
      'Enter a number between 0 and 100, such as 4 or 2.5.'
    ]);
    expect(world.server.asked.map(([name]) => name)).toEqual(['panel']);
  });

  it('forgets the hours of whoever empties the field', async () => {
    const world = makeWorld({ panel: [withPlan({})], pace: [withPlan({ hours_per_week: null })] });
    await stage.show(world);
    await stage.press('Plan done about Thu, Dec 10');
    type('');
    await stage.press('Plan with it');
    expect(world.server.asked.at(-1)).toEqual(['pace', 'data-science', 'hours', null]);
    await stage.press('Plan with it');
    expect(stage.said('[role=alert]')).toHaveLength(1);
  });

  it('shows a pause at once, and ends it', async () => {
    const text = 'The course is paused since Fri 20 Nov.';
    const paused = withPlan({ paused_since: '2026-11-20T12:00:00Z', text });
    const world = makeWorld({ panel: [paused], pace: [withPlan({})] });
    await stage.show(world);
    expect(stage.said('.course-kit-paused')).toEqual([text]);
    await stage.press('Go on');
    expect(world.server.asked.at(-1)).toEqual(['pace', 'data-science', 'resume', null]);
    await stage.press('Pause…');
    await stage.press('Start over from today…');
    expect(stage.actions.pause).toHaveBeenCalled();
    expect(stage.actions.startOver).toHaveBeenCalled();
  });

  it('has a calendar with an address to copy, which can be revoked', async () => {
    const on = withPlan({}, '/course-kit/calendar/t.ics');
    const world = makeWorld({ panel: [withPlan({})], calendar: [on, withPlan({})] });
    await stage.show(world);
    await stage.press('Plan done about Thu, Dec 10');
    await stage.press('Make a calendar address');
    expect(world.server.asked.at(-1)).toEqual(['calendar', 'data-science', true]);
    const address = 'http://127.0.0.1:8888/course-kit/calendar/t.ics';
    expect(stage.node.querySelector<HTMLInputElement>('#course-kit-feed')?.value).toBe(address);
    expect(document.activeElement).toBe(stage.named('Turn off'));
    await stage.press('Copy the address');
    expect(stage.actions.copy).toHaveBeenCalledWith(address);
    stage.named('Copied');
    await stage.press('Turn off');
    expect(world.server.asked.at(-1)).toEqual(['calendar', 'data-science', false]);
    expect(stage.node.querySelector('#course-kit-feed')).toBeNull();
  });

  it('is left out where the server knows of none', async () => {
    const panel = { ...goldenPanel(), plan: null, calendar: undefined };
    await stage.show(makeWorld({ panel: [panel] }));
    expect(stage.said('h3')).not.toContain('Plan');
  });
});

describe('assignments', () => {
  const entry = (): string => stage.said('.course-kit-assignment')[0] ?? '';

  it('say what they count now, and why they are due when they are', async () => {
    const change = { credit_now: 80, why: 'the course, paused for 3 days', fixed: true };
    await stage.show(makeWorld({ panel: [withAssignment(change)] }));
    expect(entry()).toContain('Handed in now, it counts 80 %.');
    expect(entry()).toContain('This date comes from: the course, paused for 3 days.');
    expect(entry()).toContain('This date is fixed: pausing does not move it.');
  });

  it('say when they open and close', async () => {
    const change = { opens: '2026-11-25T12:00:00Z', closes: '2026-12-25T12:00:00Z' };
    await stage.show(makeWorld({ panel: [withAssignment(change)] }));
    expect(entry()).toMatch(/Opens Wed, Nov 25, 2026.*Closes Fri, Dec 25, 2026/);
  });

  it('that are closed say so', async () => {
    const change = { due: '2026-11-10T12:00:00Z', closes: '2026-11-20T12:00:00Z', credit_now: 0 };
    await stage.show(makeWorld({ panel: [withAssignment(change)] }));
    expect(entry()).toMatch(
      /Not submitted; it is closed\..*2 weeks ago|Not submitted; it is closed/
    );
    expect(entry()).toContain('Closed Fri, Nov 20, 2026');
    expect(entry()).not.toContain('it counts');
  });

  it('that are handed in keep their buttons behind one', async () => {
    const change = { submitted_at: '2026-11-20T08:00:00Z' };
    await stage.show(makeWorld({ panel: [withAssignment(change)] }));
    expect(() => stage.named('Submit…: The penguins')).toThrow();
    await stage.press('More: The penguins');
    await stage.press('Submit…: The penguins');
    expect(stage.actions.submit).toHaveBeenCalledWith('penguins');
  });
});

describe('units', () => {
  it('open and close; what is done is closed', async () => {
    await stage.show(makeWorld({}));
    expect(stage.said('.course-kit-unit h4 button[aria-expanded=false]')).toEqual(['Begin done']);
    expect(stage.said('.course-kit-lesson')).toHaveLength(2);
    await stage.press('Begin done');
    expect(stage.said('.course-kit-lesson')).toHaveLength(5);
    await stage.press('Begin done');
    expect(stage.said('.course-kit-lesson')).toHaveLength(2);
  });

  it('stay open when the last lesson of theirs is done', async () => {
    const before = goldenPanel();
    const [, tables] = before.units;
    const done = tables && {
      ...tables,
      fraction: 1,
      lessons: tables.lessons.map(lesson => ({ ...lesson, state: 'done' as const, fraction: 1 }))
    };
    const after = { ...before, next: null, fraction: 1, units: done ? [done] : [] };
    const world = makeWorld({ panel: [before, after] });
    await stage.show(world);
    await act(() => world.model.refresh());
    expect(stage.said('.course-kit-lesson')).toHaveLength(2);
    expect(stage.said('.course-kit-next strong')).toEqual(['You have finished this course.']);
  });

  it('are not drawn anew when nothing of theirs has changed', async () => {
    const world = makeWorld({ panel: [goldenPanel(), { ...goldenPanel(), unsynced: 99 }] });
    await stage.show(world);
    const drawn = stage.node.querySelector(
      '.course-kit-lesson .course-kit-entry-title'
    )?.firstChild;
    let changes = 0;
    const watcher = new MutationObserver(() => changes++);
    const outline = stage.node.querySelector('.course-kit-unit');
    if (outline) {
      watcher.observe(outline, { subtree: true, childList: true, attributes: true });
    }
    await act(() => world.model.refresh());
    expect(stage.node.textContent).toContain('99 steps');
    expect(stage.node.querySelector('.course-kit-lesson .course-kit-entry-title')?.firstChild).toBe(
      drawn
    );
    expect(changes).toBe(0);
  });
});

describe('a server that is gone', () => {
  it('leaves the course in view, and is asked again by a button', async () => {
    const world = makeWorld({ panel: [goldenPanel(), new Unreachable('away'), goldenPanel()] });
    await stage.show(world);
    await act(() => world.model.refresh());
    expect(stage.said('[role=alert] strong')).toEqual(['Loading the course: this did not work.']);
    expect(stage.said('h2')).toEqual(['Data science, self-paced']);
    await stage.press('Try again');
    await act(() => Promise.resolve());
    expect(stage.node.querySelector('[role=alert]')).toBeNull();
  });
});
