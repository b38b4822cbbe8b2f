import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isWorthTelling, Opened } from '../src/components/opened';
import { Receipt, SubmissionForm } from '../src/components/submission';
import {
  type IOpened,
  type IReceipt,
  type ISubmissionChoice,
  type ISubmissionPreview
} from '../src/protocol';
import { trans } from './worlds';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let root: Root;
let node: HTMLElement;

beforeEach(() => {
  node = document.body.appendChild(document.createElement('div'));
  root = createRoot(node);
});

afterEach(() => {
  act(() => root.unmount());
  node.remove();
});

const show = (element: React.JSX.Element): void => act(() => root.render(element));

describe('after opening a course', () => {
  const opened: IOpened = {
    folder: 'data-science',
    first: null,
    missing_packages: [],
    install: '',
    updated: ['notebooks/01.ipynb'],
    kept: [],
    conflicts: [],
    message: null
  };

  it('nothing is asked to be read when all went as expected', () => {
    expect(isWorthTelling(opened)).toBe(false);
    expect(isWorthTelling({ ...opened, kept: ['a.ipynb'] })).toBe(true);
    expect(isWorthTelling({ ...opened, folder: null })).toBe(true);
  });

  it('says what is missing with the command that the server gives, and what became of the work', () => {
    const install = '"/opt/lab/bin/python" -m pip install numpy pandas';
    const all: IOpened = {
      ...opened,
      missing_packages: ['numpy', 'pandas'],
      install,
      kept: ['notebooks/02.ipynb'],
      conflicts: ['notebooks/02 (new version).ipynb'],
      message: 'This is an older release.'
    };
    show(<Opened opened={all} trans={trans} />);
    expect(node.textContent).toContain('This is an older release.');
    expect(node.textContent).toContain('Not installed: numpy, pandas.');
    expect(node.querySelector('pre')?.textContent).toBe(install);
    expect([...node.querySelectorAll('li')].map(entry => entry.textContent)).toEqual([
      'notebooks/02.ipynb',
      'notebooks/02 (new version).ipynb'
    ]);
  });
});

describe('handing in', () => {
  const learner = { id: '', name: 'Ada', email: '' };
  const preview: ISubmissionPreview = {
    files: [{ path: 'frames.ipynb', size: 1200 }],
    events: [],
    warnings: [],
    learner,
    exchange: false
  };
  const receipt: IReceipt = {
    submission: 'd1',
    submitted_at: '2026-11-22T14:00:00Z',
    file: 'submissions/x.submission.zip',
    files: ['frames.ipynb'],
    events: 3,
    exchange: false,
    exchange_trouble: ''
  };

  it('speaks of an exchange only where there is one, and takes no for an answer', () => {
    const choices: ISubmissionChoice[] = [];
    const form = (exchange: boolean): React.JSX.Element => (
      <SubmissionForm
        choice={{ events: false, exchange, learner }}
        change={choice => choices.push(choice)}
        preview={{ ...preview, exchange }}
        trans={trans}
      />
    );
    show(form(false));
    expect(node.querySelectorAll('input[type=checkbox]')).toHaveLength(0);
    show(form(true));
    const box = node.querySelector<HTMLInputElement>('input[type=checkbox]');
    expect(box?.checked).toBe(true);
    expect(box?.closest('label')?.textContent).toContain('nbgrader’s exchange');
    act(() => box?.click());
    expect(choices).toEqual([{ events: false, exchange: false, learner }]);
  });

  it('says on the receipt what is left to do', () => {
    show(<Receipt receipt={receipt} trans={trans} />);
    expect(node.textContent).toContain('Now send the submission file');
    show(<Receipt receipt={{ ...receipt, exchange: true }} trans={trans} />);
    expect(node.textContent).toContain('Your progress is in the submission file only');
    show(<Receipt receipt={{ ...receipt, exchange: true, events: 0 }} trans={trans} />);
    expect(node.textContent).toContain('There is nothing more to do.');
    show(<Receipt receipt={{ ...receipt, exchange_trouble: 'No such course.' }} trans={trans} />);
    expect(node.textContent).toContain('not in nbgrader’s exchange: No such course.');
    expect(node.textContent).toContain('Now send the submission file');
  });
});
