import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError, Unreachable } from '../src/api';
import {
  type IBatch,
  type IBatchState,
  type IGradingApi,
  type IGradingOverview,
  type IGradingTask,
  type IHeld
} from '../src/grading';
import { GradingModel } from '../src/gradingModel';
import { GradingView } from '../src/gradingView';
import { commandText, leftText, pointsText, progressText } from '../src/gradingWords';
import { trans } from './worlds';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const overview: IGradingOverview = {
  available: true,
  course: 'maths',
  courses: ['maths', 'physics'],
  assignments: [
    {
      key: 'ps1',
      submitted: 3,
      graded: 2,
      waiting: 1,
      by_hand: 0,
      changes: 1,
      trouble: ''
    },
    { key: 'ps2', submitted: 0, graded: 0, waiting: 0, by_hand: 0, changes: 0, trouble: '' }
  ],
  task: null,
  trouble: null
};

const going: IBatchState = {
  what: 'Grading',
  done: 1,
  total: 3,
  running: [['bob', 'p1', 3.25]],
  slowest: [['ada', 'p1', 12]],
  failures: { 'timed-out': 1 },
  left: 20,
  cached: 0,
  layers: ['limits', 'seccomp'],
  missing_layers: [{ name: 'landlock', lost: 'files can be read' }],
  assignment: 'ps1',
  number: 1,
  of: 1
};

const batch: IBatch = {
  submissions: [
    { learner: 'ada', status: 'graded', score: 4.333333, max_score: 5, detail: '' },
    { learner: 'bob', status: 'unreadable', score: null, max_score: null, detail: 'No JSON.' },
    { learner: 'eve', status: 'unverified', score: 0, max_score: 5, detail: 'Waits.' }
  ],
  flags: [{ notebook: 'p1', cell: 'test-a', learners: ['ada'], text: 'It warns on stderr.' }],
  suspects: [],
  pending: ['p1: the test test-b was added'],
  layers: [{ name: 'limits', present: true, lost: '' }],
  ran: 2,
  cached: 0,
  settled: 1,
  seconds: 4.21
};

const held = (state: IHeld['state'], cell: string): IHeld => ({
  learner: 'eve',
  notebook: 'p1',
  cell,
  evidence: 'Line 1.',
  state,
  by: state === 'waiting' ? '' : 'teacher'
});

const task = (state: IGradingTask['state'], more: Partial<IGradingTask> = {}): IGradingTask => ({
  state,
  done: 0,
  total: 0,
  what: '',
  details: null,
  result: null,
  error: null,
  ...more
});
const running = task('running', { details: going });
const done = task('done', {
  result: { batches: [{ assignment: 'ps1', batch, error: null }] }
});

/** A server of which each test says what it answers, in order; the last answer repeats. */
class Server implements IGradingApi {
  constructor(private readonly answers: Partial<Record<keyof IGradingApi, unknown[]>>) {}

  readonly asked: unknown[][] = [];
  overview = this.endpoint('overview') as IGradingApi['overview'];
  start = this.endpoint('start') as IGradingApi['start'];
  task = this.endpoint('task') as IGradingApi['task'];
  stop = this.endpoint('stop') as IGradingApi['stop'];
  held = this.endpoint('held') as IGradingApi['held'];
  decide = this.endpoint('decide') as IGradingApi['decide'];

  private endpoint(name: keyof IGradingApi): (...args: unknown[]) => Promise<unknown> {
    return (...args) => {
      this.asked.push([name, ...args]);
      const answers = this.answers[name] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
  }
}

interface IWorld {
  readonly model: GradingModel;
  readonly server: Server;
  readonly said: string[];
}

function makeWorld(answers: Partial<Record<keyof IGradingApi, unknown[]>>): IWorld {
  const server = new Server({ overview: [overview], start: [{ task: 't1' }], ...answers });
  let clock = 0;
  const wait = (milliseconds: number): Promise<void> => {
    clock += milliseconds;
    return Promise.resolve();
  };
  const model = new GradingModel({ api: server, trans, wait, now: () => clock });
  const said: string[] = [];
  model.announced.connect((_, sentence) => said.push(sentence));
  return { model, server, said };
}

describe('the grading model', () => {
  it('is available only where the server says so', async () => {
    const old = makeWorld({ overview: [new ApiError(404, 'no-extension', '', '')] });
    await old.model.probe();
    expect(old.model.isAvailable).toBe(false);
    const learner = makeWorld({ overview: [{ ...overview, available: false, course: null }] });
    await learner.model.probe();
    expect(learner.model.isAvailable).toBe(false);
    const teacher = makeWorld({});
    await teacher.model.probe();
    expect([teacher.model.isAvailable, teacher.model.course]).toEqual([true, 'maths']);
  });

  it('watches a batch to its end, and says so seldom', async () => {
    // 60 times half a second: three announcements on the way, at ten, twenty and thirty seconds
    const { model, said, server } = makeWorld({
      task: [...Array.from({ length: 61 }, () => running), done]
    });
    await model.refresh();
    await model.start('ps1');
    expect(server.asked[1]).toEqual(['start', 'maths', 'ps1', false]);
    expect(model.run).toMatchObject({ kind: 'done', assignment: 'ps1', trouble: null });
    expect(said).toEqual([
      'Grading ps1.',
      ...Array.from({ length: 3 }, () => '1 of 3 submissions, about 20 s left'),
      'Grading is done. ps1: 3 submissions in 4.2 s: 1 graded, 1 unreadable, 1 waits for your decision.'
    ]);
  });

  it('bears a server that is away for a while, and gives up in the end', async () => {
    const away = new Unreachable('away');
    const short = makeWorld({ task: [running, away, away, done] });
    await short.model.refresh();
    await short.model.start('ps1');
    expect(short.model.run?.kind).toBe('done');
    const long = makeWorld({ task: [running, away] });
    await long.model.refresh();
    await long.model.start('ps1');
    expect(long.model.run).toMatchObject({
      kind: 'failed',
      trouble: { what: 'The Jupyter server does not answer.' }
    });
  });

  it('shows why a batch did not begin, or failed', async () => {
    const busy = new ApiError(409, 'busy', 'Another batch is under way.', 'Wait for it.');
    const refused = makeWorld({ start: [busy] });
    await refused.model.refresh();
    await refused.model.start('ps1');
    expect(refused.model.run).toBeNull();
    expect(refused.model.trouble?.what).toBe('Another batch is under way.');
    const error = { code: 'unavailable', message: 'No kernel.', hint: 'Install it.' };
    const failed = makeWorld({ task: [task('failed', { error })] });
    await failed.model.refresh();
    await failed.model.start(null);
    expect(failed.model.run).toMatchObject({
      kind: 'failed',
      assignment: null,
      trouble: { what: 'No kernel.', next: 'Install it.' }
    });
  });

  it('stops once, and keeps what was graded', async () => {
    const { model, said, server } = makeWorld({ task: [running, running, task('cancelled')] });
    await model.refresh();
    model.changed.connect(() => {
      if (model.run?.kind === 'running' && model.run.state !== null) {
        void model.stop();
      }
    });
    await model.start('ps1');
    expect(server.asked.filter(([name]) => name === 'stop')).toEqual([['stop', 't1']]);
    expect(model.run?.kind).toBe('stopped');
    expect(said).toContain('Grading was stopped.');
  });

  it('finds the batch again that another page started', async () => {
    const found = { ...overview, task: { id: 't9', assignment: 'ps1' } };
    const { model, said, server } = makeWorld({ overview: [found], task: [running, done] });
    await model.refresh();
    await vi.waitFor(() => expect(model.run?.kind).toBe('done'));
    expect(server.asked).toContainEqual(['task', 't9']);
    expect(said).toHaveLength(1);
    const ended = makeWorld({ overview: [found], task: [done] });
    await ended.model.refresh();
    await vi.waitFor(() => expect(ended.model.run?.kind).toBe('done'));
    expect(ended.said).toEqual([]); // old news are no news
  });

  it('puts what a decision changed into the result', async () => {
    const score = { learner: 'eve', status: 'graded', score: 5, max_score: 5, detail: '' };
    const { model, said, server } = makeWorld({
      task: [done],
      held: [[held('waiting', 'test-a')]],
      decide: [{ decided: 1, scores: [score], unsettled: [], held: [held('accepted', 'test-a')] }]
    });
    await model.refresh();
    await model.start('ps1');
    await model.showHeld('ps1');
    await model.decide('ps1', { accept: true, learner: 'eve', notebook: 'p1', cell: 'test-a' });
    expect(server.asked).toContainEqual([
      'decide',
      'maths',
      'ps1',
      { accept: true, learner: 'eve', notebook: 'p1', cell: 'test-a' }
    ]);
    expect(model.held('ps1')?.[0]?.state).toBe('accepted');
    expect(model.run).toMatchObject({
      batches: [{ batch: { submissions: [{ learner: 'ada' }, { learner: 'bob' }, score] } }]
    });
    expect(said.at(-1)).toBe('1 decision kept: accepted.');
  });
});

describe('the grading view', () => {
  let root: Root;
  let node: HTMLElement;
  const confirmAll = vi.fn<(accept: boolean, count: number) => Promise<boolean>>();
  const openFormgrader = vi.fn();

  beforeEach(() => {
    node = document.body.appendChild(document.createElement('div'));
    root = createRoot(node);
    confirmAll.mockReset();
  });

  afterEach(() => {
    act(() => root.unmount());
    node.remove();
  });

  function show({ model }: IWorld): void {
    const render = (): void =>
      root.render(
        <GradingView model={model} actions={{ confirmAll, openFormgrader }} trans={trans} />
      );
    model.changed.connect(() => act(render));
    act(render);
  }

  const named = (name: string): HTMLElement => {
    const found = [...node.querySelectorAll<HTMLElement>('button, progress, table, select')].find(
      each => (each.getAttribute('aria-label') ?? each.textContent.trim()) === name
    );
    if (!found) {
      throw new Error(`nothing is named ${name} in ${node.textContent}`);
    }
    return found;
  };
  const press = async (name: string): Promise<void> => {
    await act(async () => {
      named(name).click();
      await new Promise(resolve => setTimeout(resolve));
    });
  };

  it('says where there is nothing to grade', async () => {
    const world = makeWorld({ overview: [{ ...overview, available: false, course: null }] });
    show(world);
    await act(() => world.model.refresh());
    expect(node.textContent).toContain('There is no course to be graded');
  });

  it('offers what was submitted, and the command for changed tests', async () => {
    const world = makeWorld({});
    show(world);
    await act(() => world.model.refresh());
    expect(node.textContent).toContain('3 submitted · 2 graded · 1 with points that wait for you');
    expect(node.querySelector('code')?.textContent).toBe(
      'course-kit grade ps1 --preview --course maths'
    );
    expect(() => named('Grade: ps2')).toThrow();
    await press('Open formgrader');
    expect(openFormgrader).toHaveBeenCalledOnce();
  });

  it('shows a batch as it goes', async () => {
    const never = new Promise<never>(() => undefined);
    const world = makeWorld({ task: [running, never] });
    show(world);
    await act(() => world.model.refresh());
    await press('Grade: ps1');
    const bar = named('Submissions graded of ps1') as HTMLProgressElement;
    expect([bar.value, bar.max]).toEqual([1, 3]);
    for (const text of [
      '1 of 3 submissions, about 20 s left',
      'bob, p1 3.3 s',
      'ada, p1 12 s',
      'To look at: 1 out of time',
      'Sandbox: limits, seccomp.',
      'Without landlock: files can be read'
    ]) {
      expect(node.textContent).toContain(text);
    }
    // resting, not disabled: the focus stays
    expect(named('Grade: ps1').getAttribute('aria-disabled')).toBe('true');
  });

  it('shows what came of it', async () => {
    const world = makeWorld({ task: [done] });
    show(world);
    await act(() => world.model.refresh());
    await press('Grade: ps1');
    const rows = [...node.querySelectorAll('tbody tr')].map(row =>
      [...row.children].map(cell => cell.textContent)
    );
    expect(rows).toEqual([
      ['ada', '4.33 of 5', 'graded'],
      ['bob', '–', 'unreadableNo JSON.'],
      ['eve', '0 of 5', 'waits for your decisionWaits.']
    ]);
    expect(node.textContent).toContain('test-a, p1: It warns on stderr. ada');
    expect(node.textContent).toContain('p1: the test test-b was added');
  });

  it('asks before it decides on all', async () => {
    const world = makeWorld({
      held: [[held('waiting', 'test-a'), held('waiting', 'test-b'), held('denied', 'test-c')]],
      decide: [{ decided: 2, scores: [], unsettled: [], held: [held('accepted', 'test-a')] }]
    });
    show(world);
    await act(() => world.model.refresh());
    await press('Held points: ps1');
    expect(node.textContent).toContain('Denied by teacher; the points do not count.');
    confirmAll.mockResolvedValueOnce(false);
    await press('Deny all 2…');
    expect(world.server.asked.some(([name]) => name === 'decide')).toBe(false);
    confirmAll.mockResolvedValueOnce(true);
    await press('Accept all 2…');
    expect(confirmAll.mock.calls).toEqual([
      [false, 2],
      [true, 2]
    ]);
    expect(world.server.asked).toContainEqual([
      'decide',
      'maths',
      'ps1',
      { accept: true, all: true }
    ]);
    expect(node.textContent).toContain('Accepted by teacher; the points count.');
  });
});

describe('the words of grading', () => {
  it('says times, points and progress as a person would', () => {
    expect([leftText(null, trans), leftText(0.2, trans), leftText(600, trans)]).toEqual([
      '',
      'about 1 s left',
      'about 10 min left'
    ]);
    expect(progressText(null, trans)).toBe('Preparing…');
    expect(
      pointsText({ learner: '', status: '', score: 0, max_score: null, detail: '' }, trans)
    ).toBe('0');
  });

  it('writes commands that a shell takes as they are meant', () => {
    expect(commandText('.', 'publish', 'ps1')).toBe('course-kit publish ps1');
    expect(commandText("a teacher's", 'publish', 'ps1')).toBe(
      "course-kit publish ps1 --course 'a teacher'\\''s'"
    );
  });
});
