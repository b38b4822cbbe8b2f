import * as React from 'react';

import { Button } from './components/button';
import { type IHeld } from './grading';
import { type IGradingProps } from './gradingView';
import { heldText } from './gradingWords';

/** Points that are held for want of proof: the evidence, and what the instructor decides. */
export function Held(
  props: IGradingProps & { readonly assignment: string }
): React.JSX.Element | null {
  const { assignment, model, trans } = props;
  const held = model.held(assignment);
  if (held === null) {
    return null;
  }
  if (held.length === 0) {
    return (
      <p>
        {trans.__('Nothing is held: every pass was proved, or nothing could be said against it.')}
      </p>
    );
  }
  return (
    <div className="course-kit-held">
      <p>
        {trans.__(
          'These tests passed without proof. Look at the notebook before you deny: learners are told only that the answer is being reviewed.'
        )}
      </p>
      <All {...props} waiting={held.filter(one => one.state === 'waiting').length} />
      <ul className="course-kit-list">
        {held.map(one => (
          <li key={`${one.learner}/${one.notebook}/${one.cell}`} className="course-kit-held-cell">
            <Cell {...props} held={one} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function All(
  props: IGradingProps & { readonly assignment: string; readonly waiting: number }
): React.JSX.Element | null {
  const { actions, assignment, model, trans, waiting } = props;
  if (waiting < 2) {
    return null;
  }
  const decide = async (accept: boolean): Promise<void> => {
    if (await actions.confirmAll(accept, waiting)) {
      await model.decide(assignment, { accept, all: true });
    }
  };
  const resting = model.isBusy || model.isRunning;
  return (
    <div className="course-kit-buttons">
      <Button resting={resting} press={() => void decide(true)}>
        {trans.__('Accept all %1…', String(waiting))}
      </Button>
      <Button resting={resting} press={() => void decide(false)}>
        {trans.__('Deny all %1…', String(waiting))}
      </Button>
    </div>
  );
}

function Cell(
  props: IGradingProps & { readonly assignment: string; readonly held: IHeld }
): React.JSX.Element {
  const { assignment, held, model, trans } = props;
  const { cell, learner, notebook } = held;
  const decide = (accept: boolean): void =>
    void model.decide(assignment, { accept, learner, notebook, cell });
  const accept = trans.__('Accept');
  const deny = trans.__('Deny');
  const named = (label: string): string =>
    trans.__('%1: %2, %3 in %4', label, learner, cell, notebook);
  const resting = model.isBusy || model.isRunning;
  return (
    <>
      <p>
        <strong>{learner}</strong>{' '}
        <span className="course-kit-quiet">{trans.__('%1 in %2', cell, `${notebook}.ipynb`)}</span>
      </p>
      {held.evidence && <p>{held.evidence}</p>}
      <p>{heldText(held, trans)}</p>
      <div className="course-kit-buttons">
        <Button
          name={named(accept)}
          resting={resting || held.state === 'accepted'}
          press={() => decide(true)}
        >
          {accept}
        </Button>
        <Button
          name={named(deny)}
          resting={resting || held.state === 'denied'}
          press={() => decide(false)}
        >
          {deny}
        </Button>
      </div>
    </>
  );
}
