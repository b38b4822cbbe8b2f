import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Unreachable } from '../src/api';
import { type IActions } from '../src/components/context';
import { CoursePanelView } from '../src/components/panel';
import { FirstRunNotices } from '../src/notice';
import { goldenPanel, type IWorld, makeWorld, MemoryStorage, trans, withLesson } from './worlds';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

describe('the panel', () => {
  let root: Root;
  let node: HTMLElement;
  let actions: { -readonly [name in keyof IActions]: IActions[name] };

  beforeEach(() => {
    node = document.body.appendChild(document.createElement('div'));
    root = createRoot(node);
    actions = {
      openCourse: vi.fn(),
      submit: vi.fn(),
      restore: vi.fn(),
      pause: vi.fn(),
      startOver: vi.fn(),
      copy: vi.fn(),
      notice: panel => panel.notice,
      readNotice: vi.fn()
    };
  });

  afterEach(() => {
    act(() => root.unmount());
    node.remove();
  });

  async function show(world: IWorld): Promise<void> {
    const render = (): void =>
      root.render(
        <CoursePanelView
          model={world.model}
          actions={actions}
          trans={trans}
          now={Date.UTC(2026, 10, 22)}
        />
      );
    world.model.changed.connect(() => act(render));
    act(render);
    await act(() => world.model.refresh());
  }

  const named = (name: string): HTMLElement => {
    const found = [
      ...node.querySelectorAll<HTMLElement>('button, a, progress, ul[aria-label], input')
    ].find(each => (each.getAttribute('aria-label') ?? each.textContent.trim()) === name);
    if (!found) {
      throw new Error(`nothing is named ${name}`);
    }
    return found;
  };
  const press = async (name: string): Promise<void> => {
    await act(async () => {
      named(name).click();
      await Promise.resolve();
    });
  };

  it('has headings in order, and every heading a text', async () => {
    await show(makeWorld({}));
    const headings = [...node.querySelectorAll('h1, h2, h3, h4, h5, h6')];
    const levels = headings.map(heading => Number(heading.tagName.slice(1)));
    expect(levels[0]).toBe(2);
    levels.slice(1).forEach((level, index) => expect(level - (levels[index] ?? 0)).toBeLessThan(2));
    expect(headings.every(heading => heading.textContent.trim() !== '')).toBe(true);
  });

  it('names every progress bar', async () => {
    await show(makeWorld({}));
    const bars = [...node.querySelectorAll('progress')];
    expect(bars.map(bar => bar.getAttribute('aria-label'))).toEqual([
      'Progress in the course',
      'Progress in “Begin”',
      'Progress in “Tables”',
      'Progress in “Tables with <pandas> & co.”'
    ]);
  });

  it('shows where to go on and goes there', async () => {
    const world = makeWorld({});
    await show(world);
    expect(node.textContent).toContain('40 min');
    await press('Open “Tables with <pandas> & co.”');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/02-frames.ipynb']);
  });

  it('says of a locked lesson why, and opens it for those who want to go on anyway', async () => {
    const world = makeWorld({});
    await show(world);
    expect(named('Why “Chance – und Zufall 🎲” is locked').textContent).toBe(
      'Complete “Tables with <pandas> & co.” first. (40 min)'
    );
    const buttons = [...node.querySelectorAll('.course-kit-mod-locked button')];
    expect(buttons.map(button => button.textContent)).toEqual([
      'Complete “Tables with <pandas> & co.”',
      'Open anyway'
    ]);
    await press('Open anyway: Chance – und Zufall 🎲');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/04-chance.ipynb']);
    expect(world.facts.added.map(([, fact]) => fact)).toEqual([
      { kind: 'GateOverridden', lesson: 'chance' }
    ]);
  });

  it('goes from a locked lesson to what opens it, which overrides nothing', async () => {
    const world = makeWorld({});
    await show(world);
    expect(named('What opens “Chance – und Zufall 🎲”').querySelectorAll('li')).toHaveLength(1);
    await press('Complete “Tables with <pandas> & co.”');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/02-frames.ipynb']);
    expect(world.facts.added).toEqual([]);
  });

  it('offers no way past a gate that the author enforces', async () => {
    const gate = { mode: 'enforce', reasons: [], actions: null, minutes: null };
    await show(makeWorld({ panel: [withLesson('chance', { gate })] }));
    expect(node.querySelectorAll('.course-kit-mod-locked button')).toHaveLength(0);
  });

  it('opens a locked link as a link, and offers nothing where there is nothing to open', async () => {
    const link = { kind: 'link', path: null, url: 'https://example.org/video' };
    const panel = [withLesson('chance', link), withLesson('chance', { path: null })];
    const world = makeWorld({ panel });
    await show(world);
    const anyway = named('Open anyway: Chance – und Zufall 🎲');
    expect(anyway.getAttribute('href')).toBe('https://example.org/video');
    await act(() => world.model.refresh());
    expect(node.querySelectorAll('.course-kit-anyway')).toHaveLength(0);
  });

  it('shows a score of 0 as a score', async () => {
    await show(makeWorld({}));
    expect(node.textContent).toContain('Score: 0 of 4 points');
  });

  it("shows when work is due, on the learner's own clock", async () => {
    await show(makeWorld({}));
    const due = node.querySelector('time');
    expect(due?.dateTime).toBe('2026-11-30T08:00:00.000000Z');
    expect(due?.parentElement?.textContent).toMatch(/^Due .*2026.* \(your time, .+\) in 8 days$/);
  });

  it('leaves submitting and restoring to the dialogs', async () => {
    await show(makeWorld({}));
    await press('Submit…: The penguins');
    await press('Restore…: The penguins');
    expect(actions.submit).toHaveBeenCalledWith('penguins');
    expect(actions.restore).toHaveBeenCalledWith(
      'courses/data-science/assignments/penguins/penguins.ipynb',
      'The penguins'
    );
  });

  it('says once what is recorded', async () => {
    const world = makeWorld({});
    await show(world);
    await press('Read more about it');
    expect(world.desk.did).toEqual(['open courses/data-science/welcome.html']);
    await press('Understood');
    expect(actions.readNotice).toHaveBeenCalled();
    actions.notice = () => null;
    await act(() => world.model.refresh());
    expect(node.textContent).not.toContain('What is recorded');
  });

  it('ticks and edits the goal', async () => {
    const world = makeWorld({ goal: [goldenPanel()] });
    await show(world);
    await act(async () => {
      node.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
      await Promise.resolve();
    });
    expect(world.server.asked.at(-1)).toEqual([
      'goal',
      'data-science',
      'Tables, before Sunday',
      true
    ]);
    await press('Edit this week’s goal');
    expect(node.querySelector<HTMLInputElement>('#course-kit-goal-text')?.value).toBe(
      'Tables, before Sunday'
    );
    await press('Cancel');
    expect(document.activeElement).toBe(named('Edit this week’s goal'));
  });

  it('brings answers over into a new version', async () => {
    const path = 'courses/data-science/notebooks/02-frames.ipynb';
    const world = makeWorld({ bringOver: [{ path, carried: 1, backup: 'b' }] });
    await show(world);
    await press('Bring my answers over: Tables with <pandas> & co.');
    expect(world.server.asked).toContainEqual(['bringOver', path]);
  });

  it('says what waits in the browser before what waits on the computer', async () => {
    const world = makeWorld({});
    await show(world);
    expect(node.textContent).toContain('12 steps were not handed in');
    world.facts.pending = 2;
    await act(() => world.model.refresh());
    expect(node.textContent).toContain('2 steps wait in this browser');
  });

  it('shows an error with what to do next, and tries again', async () => {
    const world = makeWorld({ panel: [new Unreachable('away'), goldenPanel()] });
    await show(world);
    expect(node.querySelector('[role=alert]')?.textContent).toContain('does not answer');
    await press('Try again');
    expect(node.querySelector('h2')?.textContent).toBe('Data science, self-paced');
  });

  it('without a course offers to open one, and those that are known', async () => {
    const workspaces = [{ course: 'statistics', folder: 'courses/statistics' }];
    const world = makeWorld({ panel: [{ course: null, workspaces }, goldenPanel()] });
    await show(world);
    await press('Open course…');
    expect(actions.openCourse).toHaveBeenCalled();
    await press('statisticscourses/statistics');
    expect(world.server.asked.at(-1)).toEqual(['panel', { course: 'statistics' }]);
  });

  it('links only to the web and to mail', async () => {
    const panel = goldenPanel();
    const course = { ...panel.course, forum: 'javascript:alert(1)' };
    await show(makeWorld({ panel: [{ ...panel, course }] }));
    const links = [...node.querySelectorAll('.course-kit-foot a')].map(link => link.textContent);
    expect(links).toEqual(['Live session', 'Ask your instructor']);
  });

  it('opens a lesson as soon as it is unlocked', async () => {
    const world = makeWorld({ panel: [goldenPanel(), withLesson('chance', { state: 'open' })] });
    await show(world);
    await act(() => world.model.refresh());
    expect(world.said).toEqual(['Lesson “Chance – und Zufall 🎲” is open now.']);
    expect(node.querySelectorAll('.course-kit-mod-locked')).toHaveLength(0);
  });
});

describe('the first-run notice', () => {
  it('is remembered until it was read, for each course and person', () => {
    const storage = new MemoryStorage();
    const notices = new FirstRunNotices(storage, '/user/ada/');
    const first = goldenPanel();
    const later = { ...first, notice: null };
    expect(notices.page(later)).toBeNull();
    notices.remember(first);
    expect(notices.page(later)).toBe('courses/data-science/welcome.html');
    notices.read(later);
    notices.remember(first);
    expect(notices.page(first)).toBeNull();
    const bo = new FirstRunNotices(storage, '/user/bo/');
    bo.remember(first);
    expect(bo.page(first)).not.toBeNull();
  });
});
