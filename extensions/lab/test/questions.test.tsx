import * as React from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { describe, expect, it } from 'vitest';

import { QuestionForm } from '../src/components/questions';
import {
  freeKey,
  isQuiz,
  type ITemplate,
  newQuiz,
  questionKeys,
  quizKeys,
  withQuestion
} from '../src/questions';
import { trans } from './worlds';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const which: ITemplate = {
  name: 'one-choice',
  kind: 'one-choice',
  title: 'One choice',
  what: 'Learners choose one.',
  key: 'which',
  text: 'Which?\n- [x] a\n- [ ] b'
};
const value: ITemplate = {
  ...which,
  name: 'number',
  title: 'Number',
  key: 'value',
  text: '1?\n= 1'
};

describe('a new question', () => {
  it('knows quiz cells by their first line', () => {
    expect(['%%quiz a\nx', '\n  %%quiz', '%%quiz\tb'].map(isQuiz)).toEqual([true, true, true]);
    expect(['x\n%%quiz a', '%%quizzes', '%quiz', ''].map(isQuiz)).toEqual([
      false,
      false,
      false,
      false
    ]);
  });

  it('gets keys that are free', () => {
    expect(freeKey('which', new Set())).toBe('which');
    expect(freeKey('which', new Set(['which', 'which-2']))).toBe('which-3');
    expect([...questionKeys('%%quiz a\n1?\n= 1\nkey: x\n---\n  key : y-2\nhint: key: z')]).toEqual([
      'x',
      'y-2'
    ]);
    expect([...quizKeys(['%%quiz a\nx', 'b = 1', '%%quiz\n', '%%quiz c.d  \n'])]).toEqual([
      'a',
      'c.d'
    ]);
  });

  it('becomes a quiz of its own', () => {
    expect(newQuiz(['1', '%%quiz quiz\n'], which)).toBe(
      '%%quiz quiz-2\nWhich?\n- [x] a\n- [ ] b\nkey: which'
    );
  });

  it('follows the questions of a quiz, or is its first', () => {
    const one = newQuiz([], which);
    expect(withQuestion(`${one}\n\n`, which)).toBe(
      `${one}\n---\nWhich?\n- [x] a\n- [ ] b\nkey: which-2`
    );
    expect(withQuestion('%%quiz empty\n\n', value)).toBe('%%quiz empty\n1?\n= 1\nkey: value');
  });
});

describe('the dialog', () => {
  it('shows the kinds as radio buttons, and how the chosen one is written', () => {
    const node = document.body.appendChild(document.createElement('div'));
    const root = createRoot(node);
    let chosen = which;
    const show = () =>
      act(() =>
        root.render(
          <QuestionForm
            templates={[which, value]}
            chosen={chosen}
            choose={template => (chosen = template)}
            target="quiz"
            trans={trans}
          />
        )
      );
    show();
    const buttons = Array.from(node.querySelectorAll('input'));
    expect(buttons.map(button => button.checked)).toEqual([true, false]);
    expect(node.querySelector('pre')?.textContent).toBe(which.text);
    act(() => buttons[1]?.click());
    show();
    expect(node.querySelector('pre')?.textContent).toBe(value.text);
    expect(node.textContent).toContain('added to the end of the selected quiz');
    act(() => root.unmount());
    node.remove();
  });
});
