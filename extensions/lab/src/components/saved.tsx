import * as React from 'react';

import { type IPanel } from '../protocol';
import { type IPartProps } from './context';

/** Whether everything that the learner did is safe, where it is, and what nobody has got yet. */
export function Saved(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element {
  const { model, panel, trans } = props;
  const waits = model.pending > 0;
  const open = panel.units
    .flatMap(unit => unit.assignments)
    .filter(({ submitted_at: submitted, path }) => submitted === null && path !== null);
  return (
    <section aria-labelledby="course-kit-saved">
      <h3 id="course-kit-saved">{trans.__('Saved and handed in')}</h3>
      <p className={waits ? 'course-kit-saved course-kit-waits' : 'course-kit-saved'}>
        {savedText(props)}
      </p>
      {open.length > 0 && (
        <p>
          {trans._n(
            '%1 assignment is not handed in yet.',
            '%1 assignments are not handed in yet.',
            open.length
          )}
        </p>
      )}
      {panel.submitted && panel.units.some(unit => unit.assignments.length > 0) && (
        <p>{trans.__('Every assignment is handed in.')}</p>
      )}
    </section>
  );
}

function savedText({ model, panel, trans }: IPartProps & { readonly panel: IPanel }): string {
  if (model.pending > 0) {
    return trans._n(
      '%1 step waits in this browser until the server answers.',
      '%1 steps wait in this browser until the server answers.',
      model.pending
    );
  }
  return panel.unsynced > 0
    ? trans._n(
        'Your progress is saved on this computer; %1 step was not handed in or synced yet.',
        'Your progress is saved on this computer; %1 steps were not handed in or synced yet.',
        panel.unsynced
      )
    : trans.__('Your progress is saved.');
}
