/** What a pause or a new start does to the dates, before the learner decides. */

import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { localTime } from '../dates';
import { type IAssignment, type IPanel } from '../protocol';

export type Move = 'pause' | 'restart';

export function Moving(props: {
  readonly move: Move;
  readonly panel: IPanel;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { move, panel, trans } = props;
  const dated = panel.units
    .flatMap(unit => unit.assignments)
    .filter(({ due, submitted_at: submitted }) => due !== null && submitted === null);
  const fixed = dated.filter(assignment => assignment.fixed);
  const moving = dated.filter(assignment => !assignment.fixed);
  return (
    <>
      <p>
        {move === 'pause'
          ? trans.__(
              'While the course is paused, the dates that count from your start stand still. Press “Go on” in the panel when you are back.'
            )
          : trans.__(
              'The dates that count from your start count from today. What you have done and handed in stays.'
            )}
      </p>
      {moving.length > 0 && <Dated title={trans.__('These dates move:')} assignments={moving} />}
      {fixed.length > 0 && (
        <Dated title={trans.__('These dates are fixed and stay:')} assignments={fixed} />
      )}
      {dated.length === 0 && <p>{trans.__('No work that is left has a date.')}</p>}
    </>
  );
}

function Dated(props: {
  readonly title: string;
  readonly assignments: readonly IAssignment[];
}): React.JSX.Element {
  return (
    <>
      <p>{props.title}</p>
      <ul>
        {props.assignments.map(({ due, key, title }) => (
          <li key={key}>
            {title}: {due !== null && <time dateTime={due}>{localTime(due)}</time>}
          </li>
        ))}
      </ul>
    </>
  );
}
