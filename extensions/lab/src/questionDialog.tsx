/** The dialog of "Insert question". */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { QuestionForm } from './components/questions';
import { type ITemplate } from './questions';

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
