import * as React from 'react';

import { type Check } from '../model';
import { type IAssignment } from '../protocol';
import { assignmentStateText, localTime, minutesText, verdictText, zoneName } from '../words';
import { Button } from './button';
import { type IPartProps } from './context';
import { Details } from './details';
import { NewVersion } from './notices';

interface IAssignmentProps extends IPartProps {
  readonly assignment: IAssignment;
}

/** One assignment: when it is due, how it stands, and what can be done with it. */
export function Assignment(props: IAssignmentProps): React.JSX.Element {
  const { assignment, model, now, trans } = props;
  const { path } = assignment;
  return (
    <>
      <button
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
      {assignment.due !== null && (
        <p>
          {trans.__('Due')} <time dateTime={assignment.due}>{localTime(assignment.due)}</time>{' '}
          <span className="course-kit-quiet">({trans.__('your time, %1', zoneName())})</span>
        </p>
      )}
      <p>{assignmentStateText(assignment, now, trans)}</p>
      {path !== null && <Buttons {...props} path={path} />}
      <CheckView {...props} />
      <NewVersion {...props} work={assignment} />
      {assignment.feedback.length > 0 && (
        <ul className="course-kit-list">
          {assignment.feedback.map(page => (
            <li key={page}>
              <Button press={() => void model.openPath(page)}>
                {trans.__('Read the feedback: %1', page.split('/').pop() ?? page)}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Buttons(props: IAssignmentProps & { readonly path: string }): React.JSX.Element {
  const { actions, assignment, model, path, trans } = props;
  const running = model.check(assignment.key)?.kind === 'running';
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
        press={() => void model.checkWork(assignment.key)}
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
  const check = model.check(assignment.key);
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
          <p>{check.total > 0 ? model.checkText(check) : check.what}</p>
          <Button press={() => void model.cancelCheck(assignment.key)}>
            {trans.__('Cancel the check')}
          </Button>
        </>
      ) : (
        <>
          <p>
            <strong>{model.checkText(check)}</strong>
          </p>
          {check.kind === 'done' && <Cells check={check} {...props} />}
          <Button press={() => model.forgetCheck(assignment.key)}>
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
