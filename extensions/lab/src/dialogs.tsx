/** What is asked and shown in front of the page. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { type Move, Moving } from './components/moving';
import { isWorthTelling, Opened } from './components/opened';
import { Receipt, SubmissionForm } from './components/submission';
import {
  type IOpened,
  type IPanel,
  type IReceipt,
  type ISubmissionChoice,
  type ISubmissionPreview
} from './protocol';

/** A dialog's body that holds a value of type `T`. */
class Form<T> extends ReactWidget {
  constructor(
    private value: T,
    private readonly view: (value: T, change: (value: T) => void) => React.JSX.Element
  ) {
    super();
    this.addClass('course-kit-dialog');
  }

  getValue(): T {
    return this.value;
  }

  protected override render(): React.JSX.Element {
    return this.view(this.value, value => {
      this.value = value;
      this.update();
    });
  }
}

/** The file, folder or address that the learner names; null when they cancel. */
export async function askForSource(trans: TranslationBundle): Promise<string | null> {
  const form = new Form<string>('', (value, change) => (
    <div className="course-kit-form">
      <label htmlFor="course-kit-source">{trans.__('File, folder or address of the course')}</label>
      <input
        id="course-kit-source"
        className="course-kit-input"
        value={value}
        aria-describedby="course-kit-source-help"
        spellCheck={false}
        onChange={event => change(event.target.value)}
      />
      <p id="course-kit-source-help" className="course-kit-quiet">
        {trans.__(
          'For example data-science.course.zip in the file browser’s folder, or https://example.org/data-science.course.zip. A feedback file that you were sent opens here, too.'
        )}
      </p>
    </div>
  ));
  const result = await showDialog<string>({
    title: trans.__('Open course'),
    body: form,
    focusNodeSelector: '#course-kit-source',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Open') })
    ]
  });
  const source = result.value?.trim() ?? '';
  return result.button.accept && source !== '' ? source : null;
}

/** What the learner should know after opening a course; nothing is shown when all went as expected. */
export async function tellOpened(opened: IOpened, trans: TranslationBundle): Promise<void> {
  if (!isWorthTelling(opened)) {
    return;
  }
  const body = ReactWidget.create(
    <div className="course-kit-dialog">
      <Opened opened={opened} trans={trans} />
    </div>
  );
  await showDialog({
    title: trans.__('The course is open'),
    body,
    buttons: [Dialog.okButton({ label: trans.__('OK') })]
  });
}

/** Whether `what` is to be put back as it came. */
export async function confirmRestore(what: string, trans: TranslationBundle): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Restore “%1”?', what),
    body: trans.__(
      'It becomes again what it was when the course came. Your version is kept in a backup, and you will be told where.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Restore') })
    ]
  });
  return result.button.accept;
}

/** Whether the course is to be paused, or begun anew; says which dates that moves. */
export async function confirmMove(
  move: Move,
  panel: IPanel,
  trans: TranslationBundle
): Promise<boolean> {
  const body = ReactWidget.create(
    <div className="course-kit-dialog">
      <Moving move={move} panel={panel} trans={trans} />
    </div>
  );
  const isPause = move === 'pause';
  const result = await showDialog({
    title: isPause ? trans.__('Pause the course?') : trans.__('Start over from today?'),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: isPause ? trans.__('Pause') : trans.__('Start over') })
    ]
  });
  return result.button.accept;
}

/** Shows what a submission holds, before it is sent; null when the learner cancels. */
export async function confirmSubmission(
  title: string,
  preview: ISubmissionPreview,
  trans: TranslationBundle
): Promise<ISubmissionChoice | null> {
  const form = new Form<ISubmissionChoice>(
    {
      events: preview.events.length > 0,
      exchange: preview.exchange,
      learner: preview.learner
    },
    (choice, change) => (
      <SubmissionForm choice={choice} change={change} preview={preview} trans={trans} />
    )
  );
  const result = await showDialog<ISubmissionChoice>({
    title: trans.__('Submit “%1”', title),
    body: form,
    focusNodeSelector: '#course-kit-learner-name',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Submit') })
    ]
  });
  return result.button.accept ? result.value : null;
}

/** What was handed in, to keep. */
export async function showReceipt(
  title: string,
  receipt: IReceipt,
  trans: TranslationBundle
): Promise<void> {
  const body = ReactWidget.create(
    <div className="course-kit-dialog">
      <Receipt receipt={receipt} trans={trans} />
    </div>
  );
  await showDialog({
    title: trans.__('“%1” is submitted', title),
    body,
    buttons: [Dialog.okButton({ label: trans.__('OK') })]
  });
}
