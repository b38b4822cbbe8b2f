/** The dialog of "Insert question": the kinds, each with what learners do, and how the chosen one is written. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { type ITemplate } from './questions';

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

class QuestionBody extends ReactWidget {
  constructor(
    private readonly templates: readonly ITemplate[],
    private chosen: ITemplate,
    private readonly target: 'quiz' | 'new',
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('course-kit-dialog');
    this.addClass('course-kit-dialog-wide');
  }

  getValue(): ITemplate {
    return this.chosen;
  }

  protected override render(): React.JSX.Element {
    return (
      <QuestionForm
        templates={this.templates}
        chosen={this.chosen}
        choose={template => {
          this.chosen = template;
          this.update();
        }}
        target={this.target}
        trans={this.trans}
      />
    );
  }
}

/** The kind of question that the author chooses; null when they cancel. `last` is chosen at first. */
export async function chooseTemplate(
  templates: readonly ITemplate[],
  last: string | null,
  target: 'quiz' | 'new',
  trans: TranslationBundle
): Promise<ITemplate | null> {
  const first = templates.find(template => template.name === last) ?? templates[0];
  if (first === undefined) {
    return null;
  }
  const result = await showDialog<ITemplate>({
    title: trans.__('Insert question'),
    body: new QuestionBody(templates, first, target, trans),
    focusNodeSelector: '.course-kit-questions input:checked',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Insert') })
    ]
  });
  return result.button.accept ? result.value : null;
}
