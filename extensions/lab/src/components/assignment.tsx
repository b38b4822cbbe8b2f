import * as React from 'react';

import { type Check, checkText } from '../checks';
import { daysUntil, fromNow, localTime, minutesText, zoneName } from '../dates';
import { type IAssignment } from '../protocol';
import { assignmentStateText, isOver, verdictText } from '../words';
import { Button } from './button';
import { type IPartProps } from './context';
import { Details } from './details';
import { NewVersion } from './notices';

interface IAssignmentProps extends IPartProps {
  readonly assignment: IAssignment;
}

/** One assignment: when it is due, how it stands, and what can be done with it. */
export function Assignment(
  props: IAssignmentProps & {
    /** Whether what can be done is shown at once, and not at the press of a button. */
    readonly isFull: boolean;
  }
): React.JSX.Element {
  const { assignment, isFull, model, trans } = props;
  const { path } = assignment;
  const [asked, setAsked] = React.useState(false);
  const shown = isFull || asked;
  const more = trans.__('More');
  return (
    <>
      <button
        type="button"
        className="course-kit-entry"
        disabled={path === null}
        onClick={() => path !== null && void model.openPath(path)}
      >
        <span className="course-kit-sign" aria-hidden="true">
          {assignment.submitted_at === null ? '✎' : '✓'}
        </span>
        <span className="course-kit-entry-text">
          <span className="course-kit-entry-title">{assignment.title}</span>
          <Details parts={[trans.__('Assignment'), minutesText(assignment.minutes, trans)]} />
        </span>
      </button>
      <div className="course-kit-below">
        <State {...props} />
        <Dates {...props} isFull={shown} />
        {!isFull && path !== null && (
          <Button
            name={trans.__('%1: %2', more, assignment.title)}
            expanded={asked}
            press={() => setAsked(!asked)}
          >
            {more}
          </Button>
        )}
        {shown && path !== null && <Buttons {...props} path={path} />}
        <CheckView {...props} />
        <NewVersion {...props} work={assignment} />
        <Feedback {...props} />
      </div>
    </>
  );
}

function State({ assignment, now, trans }: IAssignmentProps): React.JSX.Element {
  const { credit_now: credit, score, submitted_at: submitted } = assignment;
  return (
    <>
      <p className={score === null ? undefined : 'course-kit-score'}>
        {assignmentStateText(assignment, now, trans)}
      </p>
      {submitted === null && credit !== 100 && !isOver(assignment.closes, now) && (
        <p>{trans.__('Handed in now, it counts %1 %.', String(credit))}</p>
      )}
    </>
  );
}

/** The dates that hold for this learner; those that are over and done with are left out. */
function Dates({
  assignment,
  isFull,
  now,
  trans
}: IAssignmentProps & { readonly isFull: boolean }): React.JSX.Element {
  const { closes, due, fixed, opens, submitted_at: submitted, why } = assignment;
  const isNear = (iso: string): boolean => daysUntil(iso, now) <= 2 && !isOver(iso, now);
  return (
    <>
      {opens !== null && !isOver(opens, now) && (
        <p>
          {trans.__('Opens')} <time dateTime={opens}>{localTime(opens)}</time>
        </p>
      )}
      {due !== null && (
        <p>
          {trans.__('Due')} <time dateTime={due}>{localTime(due)}</time>{' '}
          <span className="course-kit-quiet">({trans.__('your time, %1', zoneName())})</span>
          {submitted === null && (
            <>
              {' '}
              <span className={isNear(due) ? 'course-kit-badge' : 'course-kit-quiet'}>
                {fromNow(due, now)}
              </span>
            </>
          )}
        </p>
      )}
      {isFull && due !== null && why !== '' && why !== 'the course' && (
        <p className="course-kit-quiet">{trans.__('This date comes from: %1.', why)}</p>
      )}
      {isFull && due !== null && fixed && (
        <p className="course-kit-quiet">
          {trans.__('This date is fixed: pausing does not move it.')}
        </p>
      )}
      {isFull && closes !== null && (
        <p>
          {isOver(closes, now) ? trans.__('Closed') : trans.__('Closes')}{' '}
          <time dateTime={closes}>{localTime(closes)}</time>
        </p>
      )}
    </>
  );
}

function Feedback({ assignment, model, trans }: IAssignmentProps): React.JSX.Element | null {
  if (assignment.feedback.length === 0) {
    return null;
  }
  return (
    <ul className="course-kit-list">
      {assignment.feedback.map(page => (
        <li key={page}>
          <Button press={() => void model.openPath(page)}>
            {trans.__('Read the feedback: %1', page.split('/').pop() ?? page)}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Buttons(props: IAssignmentProps & { readonly path: string }): React.JSX.Element {
  const { actions, assignment, model, path, trans } = props;
  const running = model.checks.of(assignment.key)?.kind === 'running';
  // the words that are seen come first in what is spoken, so that both can be said to a computer
  const named = (label: string): string => trans.__('%1: %2', label, assignment.title);
  const check = trans.__('Check my work');
  const submit = trans.__('Submit…');
  const restore = trans.__('Restore…');
  return (
    <div className="course-kit-buttons">
      <Button
        name={named(check)}
        resting={model.busy || running}
        press={() => void model.checks.run(assignment.key)}
      >
        {check}
      </Button>
      <Button
        name={named(submit)}
        resting={model.busy}
        press={() => actions.submit(assignment.key)}
      >
        {submit}
      </Button>
      <Button
        name={named(restore)}
        resting={model.busy}
        press={() => actions.restore(path, assignment.title)}
      >
        {restore}
      </Button>
    </div>
  );
}

/** How far "Check my work" is, and what it found. */
function CheckView(props: IAssignmentProps): React.JSX.Element | null {
  const { assignment, model, trans } = props;
  const check = model.checks.of(assignment.key);
  if (check === null) {
    return null;
  }
  return (
    <div className="course-kit-check-result">
      {check.kind === 'running' ? (
        <>
          <progress
            aria-label={trans.__('Checking “%1”', assignment.title)}
            max={check.total || 1}
            value={check.total > 0 ? check.done : undefined}
          />
          <p>{check.total > 0 ? checkText(check, trans) : check.what}</p>
          <Button press={() => void model.checks.cancel(assignment.key)}>
            {trans.__('Cancel the check')}
          </Button>
        </>
      ) : (
        <>
          <p>
            <strong>{checkText(check, trans)}</strong>
          </p>
          {check.kind === 'done' && <Cells check={check} {...props} />}
          <Button press={() => model.checks.forget(assignment.key)}>
            {trans.__('Hide the result')}
          </Button>
        </>
      )}
    </div>
  );
}

function Cells({
  check,
  trans
}: IAssignmentProps & {
  readonly check: Extract<Check, { kind: 'done' }>;
}): React.JSX.Element | null {
  const { cells, problems } = check.work;
  const shown = cells.filter(cell => cell.verdict !== 'passed');
  if (shown.length + problems.length === 0) {
    return null;
  }
  return (
    <ul className="course-kit-reasons" aria-label={trans.__('What is left')}>
      {problems.map(problem => (
        <li key={problem}>{problem}</li>
      ))}
      {shown.map((cell, index) => (
        <li key={index}>
          <strong>{cell.name}</strong>:{' '}
          {(cell.verdict !== 'failed' && cell.message) || verdictText(cell.verdict, trans)}
          {cell.verdict === 'failed' && cell.message && (
            <pre className="course-kit-message">{cell.message}</pre>
          )}
        </li>
      ))}
    </ul>
  );
}
