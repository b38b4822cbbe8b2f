/** The kinds of questions, each with what learners do, and how the chosen one is written. */

import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { type ITemplate } from '../questions';

interface IQuestionFormProps {
  readonly templates: readonly ITemplate[];
  readonly chosen: ITemplate;
  readonly choose: (template: ITemplate) => void;
  readonly target: 'quiz' | 'new';
  readonly trans: TranslationBundle;
}

/** Native radio buttons: arrow keys change the kind, Enter inserts it, Escape leaves. */
export function QuestionForm(props: IQuestionFormProps): React.JSX.Element {
  const { chosen, choose, target, templates, trans } = props;
  return (
    <div className="course-kit-questions">
      <fieldset className="course-kit-questions-kinds">
        <legend>{trans.__('Kind of question')}</legend>
        {templates.map(template => (
          <label key={template.name} className="course-kit-questions-kind">
            <input
              type="radio"
              name="course-kit-question"
              value={template.name}
              checked={template === chosen}
              aria-describedby={`course-kit-question-${template.name}`}
              onChange={() => choose(template)}
            />
            <span>
              <span className="course-kit-questions-title">{template.title}</span>
              <span id={`course-kit-question-${template.name}`} className="course-kit-quiet">
                {template.what}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="course-kit-questions-shown">
        <p id="course-kit-question-written">{trans.__('How it is written')}</p>
        <pre role="group" aria-labelledby="course-kit-question-written" tabIndex={0}>
          {chosen.text}
        </pre>
        <p className="course-kit-quiet">
          {target === 'quiz'
            ? trans.__('It is added to the end of the selected quiz.')
            : trans.__('It comes into a new quiz cell below the selected cell.')}
        </p>
      </div>
    </div>
  );
}
