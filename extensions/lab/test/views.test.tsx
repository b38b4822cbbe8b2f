import { act } from 'react';
import { describe, expect, it } from 'vitest';

import { Unreachable } from '../src/api';
import { FirstRunNotices } from '../src/notice';
import { makeStage } from './stage';
import { goldenPanel, makeWorld, MemoryStorage, withLesson } from './worlds';

describe('the panel', () => {
  const stage = makeStage();

  it('has headings in order, and every heading a text', async () => {
    await stage.show(makeWorld({}));
    const headings = [...stage.node.querySelectorAll('h1, h2, h3, h4, h5, h6')];
    const levels = headings.map(heading => Number(heading.tagName.slice(1)));
    expect(levels[0]).toBe(2);
    levels.slice(1).forEach((level, index) => expect(level - (levels[index] ?? 0)).toBeLessThan(2));
    expect(headings.every(heading => heading.textContent.trim() !== '')).toBe(true);
  });

  it('names every progress bar', async () => {
    await stage.show(makeWorld({}));
    const bars = [...stage.node.querySelectorAll('progress')];
    expect(bars.map(bar => bar.getAttribute('aria-label'))).toEqual([
      'Progress in the course',
      'Progress in “Begin”',
      'Progress in “Tables”',
      'Progress in “Tables with <pandas> & co.”'
    ]);
  });

  it('shows where to go on and goes there', async () => {
    const world = makeWorld({});
    await stage.show(world);
    expect(stage.node.textContent).toContain('40 min');
    await stage.press('Open “Tables with <pandas> & co.”');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/02-frames.ipynb']);
  });

  it('says of a locked lesson why, and opens it for those who want to go on anyway', async () => {
    const world = makeWorld({});
    await stage.show(world);
    expect(stage.named('Why “Chance – und Zufall 🎲” is locked').textContent).toBe(
      'Complete “Tables with <pandas> & co.” first. (40 min)'
    );
    const buttons = [...stage.node.querySelectorAll('.course-kit-mod-locked button')];
    expect(buttons.map(button => button.textContent)).toEqual([
      'Complete “Tables with <pandas> & co.”',
      'Open anyway'
    ]);
    await stage.press('Open anyway: Chance – und Zufall 🎲');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/04-chance.ipynb']);
    expect(world.facts.added.map(([, fact]) => fact)).toEqual([
      { kind: 'GateOverridden', lesson: 'chance' }
    ]);
  });

  it('goes from a locked lesson to what opens it, which overrides nothing', async () => {
    const world = makeWorld({});
    await stage.show(world);
    expect(stage.named('What opens “Chance – und Zufall 🎲”').querySelectorAll('li')).toHaveLength(
      1
    );
    await stage.press('Complete “Tables with <pandas> & co.”');
    expect(world.desk.did).toEqual(['open courses/data-science/notebooks/02-frames.ipynb']);
    expect(world.facts.added).toEqual([]);
  });

  it('offers no way past a gate that the author enforces', async () => {
    const gate = { mode: 'enforce', reasons: [], actions: null, minutes: null };
    await stage.show(makeWorld({ panel: [withLesson('chance', { gate })] }));
    expect(stage.node.querySelectorAll('.course-kit-mod-locked button')).toHaveLength(0);
  });

  it('opens a locked link as a link, and offers nothing where there is nothing to open', async () => {
    const link = { kind: 'link', path: null, url: 'https://example.org/video' };
    const panel = [withLesson('chance', link), withLesson('chance', { path: null })];
    const world = makeWorld({ panel });
    await stage.show(world);
    const anyway = stage.named('Open anyway: Chance – und Zufall 🎲');
    expect(anyway.getAttribute('href')).toBe('https://example.org/video');
    await act(() => world.model.refresh());
    expect(stage.node.querySelectorAll('.course-kit-anyway')).toHaveLength(0);
  });

  it('shows a score of 0 as a score', async () => {
    await stage.show(makeWorld({}));
    expect(stage.node.textContent).toContain('Score: 0 of 4 points');
  });

  it("shows when work is due, on the learner's own clock", async () => {
    await stage.show(makeWorld({}));
    const due = stage.node.querySelector('time');
    expect(due?.dateTime).toBe('2026-11-30T08:00:00.000000Z');
    expect(due?.parentElement?.textContent).toMatch(/^Due .*2026.* \(your time, .+\) in 8 days$/);
  });

  it('leaves submitting and restoring to the dialogs', async () => {
    await stage.show(makeWorld({}));
    await stage.press('Submit…: The penguins');
    await stage.press('Restore…: The penguins');
    expect(stage.actions.submit).toHaveBeenCalledWith('penguins');
    expect(stage.actions.restore).toHaveBeenCalledWith(
      'courses/data-science/assignments/penguins/penguins.ipynb',
      'The penguins'
    );
  });

  it('says once what is recorded', async () => {
    const world = makeWorld({});
    await stage.show(world);
    await stage.press('Read more about it');
    expect(world.desk.did).toEqual(['open courses/data-science/welcome.html']);
    await stage.press('Understood');
    expect(stage.actions.readNotice).toHaveBeenCalled();
    stage.actions.notice = () => null;
    await act(() => world.model.refresh());
    expect(stage.node.textContent).not.toContain('What is recorded');
  });

  it('ticks and edits the goal', async () => {
    const world = makeWorld({ goal: [goldenPanel()] });
    await stage.show(world);
    await act(async () => {
      stage.node.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
      await Promise.resolve();
    });
    expect(world.server.asked.at(-1)).toEqual([
      'goal',
      'data-science',
      'Tables, before Sunday',
      true
    ]);
    await stage.press('Edit this week’s goal');
    expect(stage.node.querySelector<HTMLInputElement>('#course-kit-goal-text')?.value).toBe(
      'Tables, before Sunday'
    );
    await stage.press('Cancel');
    expect(document.activeElement).toBe(stage.named('Edit this week’s goal'));
  });

  it('brings answers over into a new version', async () => {
    const path = 'courses/data-science/notebooks/02-frames.ipynb';
    const world = makeWorld({ bringOver: [{ path, carried: 1, backup: 'b' }] });
    await stage.show(world);
    await stage.press('Bring my answers over: Tables with <pandas> & co.');
    expect(world.server.asked).toContainEqual(['bringOver', path]);
  });

  it('says what waits in the browser before what waits on the computer', async () => {
    const world = makeWorld({});
    await stage.show(world);
    expect(stage.node.textContent).toContain('12 steps were not handed in');
    world.facts.pending = 2;
    await act(() => world.model.refresh());
    expect(stage.node.textContent).toContain('2 steps wait in this browser');
  });

  it('shows an error with what to do next, and tries again', async () => {
    const world = makeWorld({ panel: [new Unreachable('away'), goldenPanel()] });
    await stage.show(world);
    expect(stage.node.querySelector('[role=alert]')?.textContent).toContain('does not answer');
    await stage.press('Try again');
    expect(stage.node.querySelector('h2')?.textContent).toBe('Data science, self-paced');
  });

  it('without a course offers to open one, and those that are known', async () => {
    const workspaces = [{ course: 'statistics', folder: 'courses/statistics' }];
    const world = makeWorld({ panel: [{ course: null, workspaces }, goldenPanel()] });
    await stage.show(world);
    await stage.press('Open course…');
    expect(stage.actions.openCourse).toHaveBeenCalled();
    await stage.press('statisticscourses/statistics');
    expect(world.server.asked.at(-1)).toEqual(['panel', { course: 'statistics' }]);
  });

  it('links only to the web and to mail', async () => {
    const panel = goldenPanel();
    const course = { ...panel.course, forum: 'javascript:alert(1)' };
    await stage.show(makeWorld({ panel: [{ ...panel, course }] }));
    const links = [...stage.node.querySelectorAll('.course-kit-foot a')].map(
      link => link.textContent
    );
    expect(links).toEqual(['Live session', 'Ask your instructor']);
  });

  it('opens a lesson as soon as it is unlocked', async () => {
    const world = makeWorld({ panel: [goldenPanel(), withLesson('chance', { state: 'open' })] });
    await stage.show(world);
    await act(() => world.model.refresh());
    expect(world.said).toEqual(['Lesson “Chance – und Zufall 🎲” is open now.']);
    expect(stage.node.querySelectorAll('.course-kit-mod-locked')).toHaveLength(0);
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
