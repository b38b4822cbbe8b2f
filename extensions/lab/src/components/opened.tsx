import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { type IOpened } from '../protocol';

/** Whether a learner should be stopped for what came of opening a course; the rest is said in the panel. */
export function isWorthTelling(opened: IOpened): boolean {
  const { conflicts, folder, kept, missing_packages: missing } = opened;
  return folder === null || missing.length + conflicts.length + kept.length > 0;
}

/** What the learner should know after opening a course: where it is, what is missing, what became of their work. */
export function Opened(props: {
  readonly opened: IOpened;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { opened, trans } = props;
  const { conflicts, folder, install, kept, missing_packages: missing } = opened;
  const command = install || `pip install ${missing.join(' ')}`;
  return (
    <>
      {opened.message && <p>{opened.message}</p>}
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
            {trans.__(
              'Not installed: %1. Lessons that use it will fail. Type this into a terminal, then restart the kernel:',
              missing.join(', ')
            )}
          </p>
          <pre className="course-kit-message">{command}</pre>
        </>
      )}
      {kept.length > 0 && (
        <>
          <p>{trans.__('You have worked in these, and they stay as you left them:')}</p>
          <Names names={kept} />
        </>
      )}
      {conflicts.length > 0 && (
        <>
          <p>
            {trans.__(
              'The new versions lie beside yours. “Bring my answers over” in the course panel joins the two:'
            )}
          </p>
          <Names names={conflicts} />
        </>
      )}
    </>
  );
}

export function Names({ names }: { readonly names: readonly string[] }): React.JSX.Element {
  return (
    <ul>
      {names.map(name => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  );
}
