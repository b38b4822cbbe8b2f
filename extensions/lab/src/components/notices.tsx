import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { type IPanel } from '../protocol';
import { type ITrouble } from '../trouble';
import { Button } from './button';
import { type IPartProps } from './context';

/** An error: where, what, what next, and one thing to do about it. */
export function Problem(props: {
  readonly trouble: ITrouble;
  readonly trans: TranslationBundle;
  readonly action: { readonly label: string; readonly run: () => void };
}): React.JSX.Element {
  const { action, trans, trouble } = props;
  return (
    <div className="course-kit-problem" role="alert">
      <p>
        <strong>{trans.__('%1: this did not work.', trouble.where)}</strong>
      </p>
      <p>{trouble.what}</p>
      <p>{trouble.next}</p>
      <Button press={action.run}>{action.label}</Button>
    </div>
  );
}

/** Good news; read out by the panel's live region, hence none of its own. */
export function Note(props: {
  readonly text: string;
  readonly trans: TranslationBundle;
  readonly dismiss: () => void;
}): React.JSX.Element {
  return (
    <div className="course-kit-notice">
      <p>{props.text}</p>
      <Button press={props.dismiss}>{props.trans.__('Dismiss')}</Button>
    </div>
  );
}

/** Said once: what is recorded, and who sees it. */
export function FirstRun(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element | null {
  const { actions, model, panel, trans } = props;
  const notice = actions.notice(panel);
  if (notice === null) {
    return null;
  }
  const more = trans.__('Read more about it');
  return (
    <section className="course-kit-notice" aria-labelledby="course-kit-first-run">
      <h3 id="course-kit-first-run">{trans.__('What is recorded, and who sees it')}</h3>
      <p>
        {trans.__(
          'This course keeps which lessons you opened, which cells ran and with what error, which parts of videos you played, and your answers to quizzes. It never keeps what you type in cells.'
        )}
      </p>
      <p>
        {trans.__(
          'All of it stays with you, under a made-up name. Your instructor sees it when you submit work and leave it in; you are shown it first.'
        )}
      </p>
      <div className="course-kit-buttons">
        <Button press={() => actions.readNotice(panel)}>{trans.__('Understood')}</Button>
        {/^https?:\/\//.test(notice) ? (
          <a className="course-kit-link" href={notice} target="_blank" rel="noopener noreferrer">
            {more}
          </a>
        ) : (
          <Button press={() => void model.openPath(notice)}>{more}</Button>
        )}
      </div>
    </section>
  );
}

/** A newer version of a lesson or an assignment lies beside the learner's own: one action brings it together. */
export function NewVersion({
  model,
  trans,
  work
}: IPartProps & {
  readonly work: {
    readonly title: string;
    readonly path: string | null;
    readonly new_version: string | null;
  };
}): React.JSX.Element | null {
  const { new_version: newer, path, title } = work;
  if (newer === null || path === null) {
    return null;
  }
  const label = trans.__('Bring my answers over');
  return (
    <div className="course-kit-notice">
      <p>{trans.__('A new version of “%1” lies beside yours.', title)}</p>
      <Button
        name={trans.__('%1: %2', label, title)}
        resting={model.busy}
        press={() => void model.bringOver(path)}
      >
        {label}
      </Button>
    </div>
  );
}
