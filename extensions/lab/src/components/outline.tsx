import * as React from 'react';

import { type IPanel, type IUnit } from '../protocol';
import { percent } from '../words';
import { type IPartProps } from './context';
import { Details } from './details';
import { Fold } from './fold';
import { Lesson } from './lesson';

/** Units with their lessons: the one that the learner works in is open. */
export function Outline(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element {
  const { model, panel, trans } = props;
  const current = openUnits(panel);
  // a step of one lesson's gate may lead to a lesson elsewhere
  const states = panel.units.flatMap(unit => unit.lessons.map(lesson => lesson.state)).join();
  return (
    <section aria-labelledby="course-kit-outline">
      <h3 id="course-kit-outline">{trans.__('Outline')}</h3>
      <ol className="course-kit-list">
        {panel.units.map(unit => (
          <li key={unit.key} className="course-kit-unit">
            <Unit
              {...props}
              unit={unit}
              isOpen={current.has(unit.key)}
              isBusy={model.busy && unit.lessons.some(lesson => lesson.new_version !== null)}
              states={states}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Courses of so few lessons show all that is not done. */
const FEW = 12;

/** The units that are open before the learner has touched any. */
function openUnits({ next, units }: IPanel): ReadonlySet<string> {
  const undone = units.filter(unit => unit.fraction < 1);
  const isSmall = units.reduce((sum, unit) => sum + unit.lessons.length, 0) <= FEW;
  const here = undone.filter(
    ({ assignments, lessons }) =>
      lessons.some(lesson => lesson.key === next?.key || lesson.new_version !== null) ||
      assignments.some(assignment => assignment.key === next?.key)
  );
  const chosen = isSmall ? undone : here.length > 0 ? here : undone.slice(0, 1);
  return new Set(chosen.map(unit => unit.key));
}

interface IUnitProps extends IPartProps {
  readonly unit: IUnit;
  readonly isOpen: boolean;
  /** Whether one of its buttons rests. */
  readonly isBusy: boolean;
  readonly states: string;
}

/** A unit looks the same as long as it, the course's locks and what can be pressed are the same. */
const Unit = React.memo(
  UnitView,
  (one, other) =>
    one.unit === other.unit &&
    one.isOpen === other.isOpen &&
    one.isBusy === other.isBusy &&
    one.states === other.states
);

function UnitView(props: IUnitProps): React.JSX.Element {
  const { isOpen, trans, unit } = props;
  const done = unit.lessons.filter(lesson => lesson.state === 'done').length;
  return (
    <Fold
      id={`course-kit-unit-${unit.key}`}
      title={unit.title}
      level="h4"
      open={isOpen}
      beside={
        <Details
          parts={[
            done > 0 && done === unit.lessons.length
              ? trans.__('done')
              : trans.__('%1 of %2 lessons', String(done), String(unit.lessons.length))
          ]}
        />
      }
      always={
        <div className="course-kit-progress">
          <progress
            aria-label={trans.__('Progress in “%1”', unit.title)}
            max={1}
            value={unit.fraction}
          />
          <span>{percent(unit.fraction)}</span>
        </div>
      }
    >
      {() => (
        <>
          {unit.goal && <p className="course-kit-quiet">{unit.goal}</p>}
          <ul className="course-kit-list" aria-label={trans.__('Lessons of “%1”', unit.title)}>
            {unit.lessons.map(lesson => (
              <li key={lesson.key} className={`course-kit-lesson course-kit-mod-${lesson.state}`}>
                <Lesson {...props} lesson={lesson} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Fold>
  );
}
