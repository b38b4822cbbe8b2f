/** What is asked and shown in front of the page. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { type IIdentity, type IOpened, type IReceipt, type ISubmissionPreview } from './protocol';
import { localTime, sizeText } from './words';

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
  const { conflicts, folder, missing_packages: missing } = opened;
  if (missing.length === 0 && conflicts.length === 0 && folder !== null) {
    return;
  }
  const body = ReactWidget.create(
    <div className="course-kit-dialog">
      {folder === null && (
        <p>
          {trans.__(
            'The course lies outside of the folder that JupyterLab shows. Start JupyterLab in a folder above it to open its lessons here.'
          )}
        </p>
      )}
      {missing.length > 0 && (
        <>
          <p>
            {trans.__('The lessons use packages that are not installed yet. Install them with:')}
          </p>
          <pre className="course-kit-message">{`pip install ${missing.join(' ')}`}</pre>
        </>
      )}
      {conflicts.length > 0 && (
        <>
          <p>
            {trans.__(
              'These changed in the course and in your copy. Yours is kept; the new version lies beside it:'
            )}
          </p>
          <Names names={conflicts} />
        </>
      )}
    </div>
  );
  await showDialog({
    title: trans.__('The course is open'),
    body,
    buttons: [Dialog.okButton({ label: trans.__('OK') })]
  });
}

function Names({ names }: { readonly names: readonly string[] }): React.JSX.Element {
  return (
    <ul>
      {names.map(name => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  );
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

export interface ISubmissionChoice {
  readonly events: boolean;
  readonly learner: IIdentity;
}

/** Shows what a submission holds, before it is sent; null when the learner cancels. */
export async function confirmSubmission(
  title: string,
  preview: ISubmissionPreview,
  trans: TranslationBundle
): Promise<ISubmissionChoice | null> {
  const form = new Form<ISubmissionChoice>(
    { events: preview.events.length > 0, learner: preview.learner },
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

function SubmissionForm(props: {
  readonly choice: ISubmissionChoice;
  readonly change: (choice: ISubmissionChoice) => void;
  readonly preview: ISubmissionPreview;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { change, choice, preview, trans } = props;
  const field = (name: keyof IIdentity, label: string, type: string): React.JSX.Element => (
    <div>
      <label htmlFor={`course-kit-learner-${name}`}>{label}</label>
      <input
        id={`course-kit-learner-${name}`}
        className="course-kit-input"
        type={type}
        value={choice.learner[name]}
        onChange={event =>
          change({ ...choice, learner: { ...choice.learner, [name]: event.target.value } })
        }
      />
    </div>
  );
  return (
    <div className="course-kit-form">
      {preview.warnings.length > 0 && (
        <div className="course-kit-notice">
          <Names names={preview.warnings} />
        </div>
      )}
      <p>{trans.__('These files are handed in:')}</p>
      <ul>
        {preview.files.map(file => (
          <li key={file.path}>
            {file.path} <span className="course-kit-quiet">({sizeText(file.size)})</span>
          </li>
        ))}
      </ul>
      <fieldset>
        <legend>{trans.__('Who hands in')}</legend>
        {field('name', trans.__('Name'), 'text')}
        {field('email', trans.__('E-mail'), 'email')}
        {field('id', trans.__('Student number or login (if your course uses one)'), 'text')}
      </fieldset>
      {preview.events.length > 0 ? (
        <>
          <label className="course-kit-check">
            <input
              type="checkbox"
              checked={choice.events}
              onChange={event => change({ ...choice, events: event.target.checked })}
            />
            <span>
              {trans._n(
                'Send %1 step of my progress along, so that my instructor sees how I am doing',
                'Send %1 steps of my progress along, so that my instructor sees how I am doing',
                preview.events.length
              )}
            </span>
          </label>
          <details>
            <summary>{trans.__('Show every step')}</summary>
            <ul
              className="course-kit-events"
              tabIndex={0}
              aria-label={trans.__('Steps that are sent along')}
            >
              {preview.events.map((event, index) => (
                <li key={index}>
                  <time dateTime={event.at}>{localTime(event.at)}</time> {event.text}
                </li>
              ))}
            </ul>
          </details>
        </>
      ) : (
        <p className="course-kit-quiet">{trans.__('No progress is sent along.')}</p>
      )}
    </div>
  );
}

/** What was handed in, to keep. */
export async function showReceipt(
  title: string,
  receipt: IReceipt,
  trans: TranslationBundle
): Promise<void> {
  const files = receipt.files.map(file => (typeof file === 'string' ? file : file.path));
  const body = ReactWidget.create(
    <div className="course-kit-dialog">
      <dl className="course-kit-receipt">
        <dt>{trans.__('Receipt')}</dt>
        <dd>
          <code>{receipt.submission}</code>
        </dd>
        <dt>{trans.__('Time')}</dt>
        <dd>
          <time dateTime={receipt.submitted_at}>{localTime(receipt.submitted_at)}</time>
        </dd>
        <dt>{trans.__('Files')}</dt>
        <dd>{files.join(', ')}</dd>
        <dt>{trans.__('Progress sent along')}</dt>
        <dd>{trans._n('%1 step', '%1 steps', receipt.events)}</dd>
        <dt>{trans.__('Submission file')}</dt>
        <dd>
          <code>{receipt.file}</code>
        </dd>
      </dl>
      <p>
        {receipt.exchange
          ? trans.__('Your instructor collects it from here. There is nothing more to do.')
          : trans.__(
              'Now send the submission file to your instructor, in the way that your course asks for (upload it, or attach it to an e-mail).'
            )}
      </p>
    </div>
  );
  await showDialog({
    title: trans.__('“%1” is submitted', title),
    body,
    buttons: [Dialog.okButton({ label: trans.__('OK') })]
  });
}
