import * as React from 'react';

import { type Check } from '../checks';
import { type IAssignment, type IPanel } from '../protocol';
import { Assignment } from './assignment';
import { type IPartProps } from './context';
import { Details } from './details';

/** So many assignments that wait show all that can be done with them; the others at the press of a button. */
const FULL = 2;

/** Every assignment of the course, in its order. */
export function Assignments(
  props: IPartProps & { readonly panel: IPanel }
): React.JSX.Element | null {
  const { model, panel, trans } = props;
  const assignments = panel.units.flatMap(unit => unit.assignments);
  if (assignments.length === 0) {
    return null;
  }
  const full = new Set(waiting(assignments).slice(0, FULL));
  const done = assignments.filter(assignment => assignment.submitted_at !== null).length;
  return (
    <section aria-labelledby="course-kit-assignments">
      <h3>
        <span id="course-kit-assignments">{trans.__('Assignments')}</span>{' '}
        <Details
          parts={[trans.__('%1 of %2 handed in', String(done), String(assignments.length))]}
        />
      </h3>
      <ul className="course-kit-list" aria-labelledby="course-kit-assignments">
        {assignments.map(assignment => (
          <li key={assignment.key} className="course-kit-assignment">
            <Entry
              {...props}
              assignment={assignment}
              isFull={full.has(assignment)}
              isBusy={model.busy}
              check={model.checks.of(assignment.key)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What is not handed in, the next due first. */
function waiting(assignments: readonly IAssignment[]): readonly IAssignment[] {
  const due = (assignment: IAssignment): number =>
    assignment.due === null ? Infinity : Date.parse(assignment.due);
  return assignments
    .filter(assignment => assignment.submitted_at === null && assignment.path !== null)
    .sort((one, other) => (due(one) === due(other) ? 0 : due(one) - due(other)));
}

interface IEntryProps extends IPartProps {
  readonly assignment: IAssignment;
  readonly isFull: boolean;
  readonly isBusy: boolean;
  readonly check: Check | null;
}

const Entry = React.memo(
  (props: IEntryProps) => <Assignment {...props} />,
  (one, other) =>
    one.assignment === other.assignment &&
    one.isFull === other.isFull &&
    one.isBusy === other.isBusy &&
    one.check === other.check &&
    one.now === other.now
);
Entry.displayName = 'Entry';
