import { describe, expect, it } from 'vitest';

import { ApiError, Unreachable } from '../src/api';
import { checkText } from '../src/checks';
import { goldenPanel, makeWorld, trans, withLesson } from './worlds';

const NOTEBOOK = 'courses/data-science/notebooks/02-frames.ipynb';
const PENGUINS = 'courses/data-science/assignments/penguins/penguins.ipynb';
const running = { state: 'running', done: 1, total: 3, what: 'Cell 1', result: null, error: null };

describe('loading', () => {
  it('goes from loading to the course', async () => {
    const { model, server } = makeWorld({});
    expect(model.content.kind).toBe('loading');
    await model.follow(NOTEBOOK);
    expect(model.panel?.course.key).toBe('data-science');
    expect(server.asked).toEqual([['panel', { path: NOTEBOOK }]]);
  });

  it('is empty where no course is open', async () => {
    const { model } = makeWorld({ panel: [{ course: null, workspaces: [] }] });
    await model.refresh();
    expect(model.content).toEqual({ kind: 'empty', workspaces: [] });
  });

  it('says where, what and what next when the server is away', async () => {
    const { model } = makeWorld({ panel: [new Unreachable('away')] });
    await model.refresh();
    expect(model.content).toMatchObject({
      kind: 'error',
      trouble: { where: 'Loading the course', what: 'The Jupyter server does not answer.' }
    });
  });

  it('keeps the course in view when the server goes away, and clears the trouble when it is back', async () => {
    const { model } = makeWorld({ panel: [goldenPanel(), new Unreachable('away'), goldenPanel()] });
    await model.refresh();
    await model.refresh();
    expect(model.panel).not.toBeNull();
    expect(model.trouble?.where).toBe('Loading the course');
    await model.refresh();
    expect(model.trouble).toBeNull();
  });

  it('ignores an answer that was overtaken', async () => {
    const { model, server } = makeWorld({});
    let answerLate: (panel: ReturnType<typeof goldenPanel>) => void = () => undefined;
    server.panel = () => new Promise(resolve => (answerLate = resolve));
    const first = model.refresh();
    server.panel = () => Promise.resolve({ ...goldenPanel(), fraction: 0.9 });
    await model.refresh();
    answerLate({ ...goldenPanel(), fraction: 0.1 });
    await first;
    expect(model.panel?.fraction).toBe(0.9);
  });

  it('reads out what has changed', async () => {
    const before = goldenPanel();
    const after = withLesson('frames', { state: 'done', fraction: 1 });
    const { model, said } = makeWorld({ panel: [before, after] });
    await model.refresh();
    expect(said).toEqual([]);
    await model.refresh();
    expect(said).toEqual(['Lesson “Tables with <pandas> & co.” is done.']);
  });
});

describe('lessons', () => {
  it('open as documents; those that no tracker sees are recorded here', async () => {
    const { desk, facts, model } = makeWorld({});
    await model.refresh();
    for (const key of ['frames', 'tidy-data', 'talk']) {
      const lesson = model.lesson(key);
      if (lesson) {
        await model.openLesson(lesson);
      }
    }
    expect(desk.did).toEqual([
      `open ${NOTEBOOK}`,
      'open courses/data-science/notebooks/tidy-data.pdf'
    ]);
    expect(facts.added).toEqual([
      [
        'courses/data-science/notebooks/tidy-data.pdf',
        { kind: 'LessonOpened', lesson: 'tidy-data' }
      ],
      ['courses/data-science', { kind: 'LessonOpened', lesson: 'talk' }]
    ]);
  });

  it('are restored: saved first, read again afterwards, the backup named', async () => {
    const { desk, model, said } = makeWorld({ restore: [{ backup: 'b/02.ipynb' }] });
    await model.refresh();
    expect(await model.restore(NOTEBOOK, null)).toBe('b/02.ipynb');
    expect(desk.did).toEqual([`save ${NOTEBOOK}`, `reload ${NOTEBOOK}`]);
    expect(model.note).toBe('Restored. Your own version is kept in b/02.ipynb.');
    expect(said).toContain(model.note);
  });

  it('take answers over into a new version', async () => {
    const { desk, model } = makeWorld({
      bringOver: [{ path: NOTEBOOK, carried: 3, backup: 'b/02.ipynb' }]
    });
    await model.refresh();
    await model.bringOver(NOTEBOOK);
    expect(desk.did).toEqual([`save ${NOTEBOOK}`, `reload ${NOTEBOOK}`, `open ${NOTEBOOK}`]);
    expect(model.note).toBe(
      '3 answers were brought over. Your former version is kept in b/02.ipynb.'
    );
  });

  it('that cannot be restored leave the course in view, and the reason', async () => {
    const refusal = new ApiError(
      404,
      'not-found',
      'This cell did not come with the course.',
      'Pick another.'
    );
    const { model } = makeWorld({ restore: [refusal] });
    await model.refresh();
    expect(await model.restore(NOTEBOOK, 'mine')).toBeNull();
    expect(model.trouble).toEqual({
      where: `Restoring ${NOTEBOOK}`,
      what: 'This cell did not come with the course.',
      next: 'Pick another.'
    });
    model.dismissTrouble();
    expect(model.trouble).toBeNull();
    expect(model.busy).toBe(false);
  });
});

describe('the goal', () => {
  it('is sent, and the answer is the new panel', async () => {
    const done = { ...goldenPanel(), goal: { week: 'w', text: 'Mine', done: true, suggested: '' } };
    const { model, said, server } = makeWorld({ goal: [done] });
    await model.refresh();
    expect(await model.study.setGoal('Mine', true)).toBe(true);
    expect(server.asked.at(-1)).toEqual(['goal', 'data-science', 'Mine', true]);
    expect(model.panel?.goal?.done).toBe(true);
    expect(said).toEqual(['This week’s goal is reached.']);
  });
});

describe('checking work', () => {
  it('saves, shows how far it is, and says how it ended', async () => {
    const result = {
      cells: [
        { grade_id: 'mean', verdict: 'passed' },
        { grade_id: 'max', verdict: 'failed' },
        { grade_id: 'essay', verdict: 'by-hand' }
      ]
    };
    const { desk, model, said } = makeWorld({
      check: [{ task: 't1' }],
      task: [running, { ...running, state: 'done', result }]
    });
    await model.refresh();
    const seen: string[] = [];
    model.changed.connect(() => {
      const check = model.checks.of('penguins');
      seen.push(check ? checkText(check, trans) : '');
    });
    const check = await model.checks.run('penguins');
    expect(desk.did).toEqual([`save ${PENGUINS}`]);
    expect(seen).toContain('Cell 1 (1 of 3)');
    expect(check?.kind).toBe('done');
    expect(said.at(-1)).toBe('1 of 2 checks passed.');
  });

  it('can be cancelled', async () => {
    const { model, server } = makeWorld({
      check: [{ task: 't1' }],
      task: [running, { ...running, state: 'cancelled' }],
      cancelTask: [{}]
    });
    await model.refresh();
    const cancel = (): void => {
      const check = model.checks.of('penguins');
      if (check?.kind === 'running' && check.done === 1) {
        model.changed.disconnect(cancel);
        void model.checks.cancel('penguins');
      }
    };
    model.changed.connect(cancel);
    expect((await model.checks.run('penguins'))?.kind).toBe('cancelled');
    expect(server.asked).toContainEqual(['cancelTask', 't1']);
  });

  it('can be cancelled before the server has named the task', async () => {
    const { model, server } = makeWorld({
      check: [{ task: 't1' }],
      task: [{ ...running, state: 'cancelled' }],
      cancelTask: [{}]
    });
    await model.refresh();
    const checking = model.checks.run('penguins');
    await model.checks.cancel('penguins');
    expect((await checking)?.kind).toBe('cancelled');
    expect(server.asked).toContainEqual(['cancelTask', 't1']);
  });

  it('that fails says what and what next', async () => {
    const error = {
      code: 'timeout',
      message: 'Cell 3 ran for 30 seconds.',
      hint: 'Look for a loop.'
    };
    const { model } = makeWorld({
      check: [{ task: 't1' }],
      task: [{ ...running, state: 'failed', error }]
    });
    await model.refresh();
    const check = await model.checks.run('penguins');
    expect(check && checkText(check, trans)).toBe('Cell 3 ran for 30 seconds. Look for a loop.');
  });
});

describe('submitting', () => {
  it('previews after saving, sends what was chosen, and hands back the receipt', async () => {
    const learner = { id: '', name: 'Ada', email: 'ada@example.org' };
    const preview = { files: [], events: [], warnings: [], learner, exchange: true };
    const choice = { events: false, exchange: true, learner };
    const receipt = {
      submission: 'd1',
      submitted_at: '2026-11-22T14:00:00Z',
      file: 'x.submission.zip',
      files: [],
      events: 0,
      exchange: true,
      exchange_trouble: ''
    };
    const { desk, model, server } = makeWorld({
      previewSubmission: [preview],
      submit: [{ receipt }]
    });
    await model.refresh();
    expect(await model.previewSubmission('penguins')).toEqual(preview);
    expect(desk.did).toEqual([`save ${PENGUINS}`]);
    expect(await model.submit('penguins', choice)).toEqual(receipt);
    expect(server.asked).toContainEqual(['submit', 'data-science', 'penguins', choice]);
    expect(model.note).toBe('“The penguins” is submitted.');
  });
});

describe('opening a course', () => {
  it('opens its first lesson', async () => {
    const opened = {
      folder: 'c',
      first: NOTEBOOK,
      missing_packages: [],
      install: '',
      updated: [],
      kept: [],
      conflicts: [],
      message: null
    };
    const { desk, model } = makeWorld({
      open: [opened, { ...opened, updated: ['a', 'b'] }, { ...opened, message: 'Older.' }]
    });
    expect(await model.openCourse('ds.course.zip')).toEqual(opened);
    expect(desk.did).toEqual([`open ${NOTEBOOK}`]);
    expect(model.panel?.course.key).toBe('data-science');
    expect(model.note).toBeNull();
    await model.openCourse('ds (1).course.zip');
    expect(model.note).toBe('2 files follow the new version of the course.');
    await model.openCourse('old.course.zip');
    expect(model.note).toBe('Older.');
  });
});
