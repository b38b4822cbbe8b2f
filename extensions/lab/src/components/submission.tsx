import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  type IIdentity,
  type IReceipt,
  type ISubmissionChoice,
  type ISubmissionPreview
} from '../protocol';
import { localTime } from '../dates';
import { sizeText } from '../words';
import { Names } from './opened';

/** What is handed in, who hands in, and where it goes. */
export function SubmissionForm(props: {
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
      {preview.exchange && (
        <label className="course-kit-check">
          <input
            type="checkbox"
            checked={choice.exchange}
            onChange={event => change({ ...choice, exchange: event.target.checked })}
          />
          <span>
            {trans.__('Hand the files to nbgrader’s exchange, where my instructor collects them')}
          </span>
        </label>
      )}
    </div>
  );
}

/** What was handed in, to keep, and what is left to do. */
export function Receipt(props: {
  readonly receipt: IReceipt;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { receipt, trans } = props;
  const files = receipt.files.map(file => (typeof file === 'string' ? file : file.path));
  return (
    <>
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
      {receipt.exchange_trouble && (
        <p className="course-kit-problem">
          {trans.__('It is not in nbgrader’s exchange: %1', receipt.exchange_trouble)}
        </p>
      )}
      <p>{nextText(receipt, trans)}</p>
    </>
  );
}

function nextText(receipt: IReceipt, trans: TranslationBundle): string {
  if (!receipt.exchange) {
    return trans.__(
      'Now send the submission file to your instructor, in the way that your course asks for (upload it, or attach it to an e-mail).'
    );
  }
  return receipt.events > 0
    ? trans.__(
        'Your instructor collects your work from nbgrader’s exchange. Your progress is in the submission file only: send that as well if your course asks for it.'
      )
    : trans.__(
        'Your instructor collects your work from nbgrader’s exchange. There is nothing more to do.'
      );
}
