import * as React from 'react';

import { dayText, minutesText } from '../dates';
import { type IPanel } from '../protocol';
import { type IMilestone, type IWeek } from '../protocolWeek';
import { type IPartProps } from './context';
import { Details } from './details';
import { Fold } from './fold';
import { Goal } from './goal';

/** This week: the learner's goal, what the course's pace asks for, and what was reached in the week before. */
export function Week(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element | null {
  const { panel, trans } = props;
  const { goal, week } = panel;
  if (!goal && !week) {
    return null;
  }
  return (
    <section aria-labelledby="course-kit-week">
      <h3 id="course-kit-week">{trans.__('This week')}</h3>
      {goal && <Goal {...props} goal={goal} key={goal.week} />}
      {week && week.milestones.length > 0 && <Milestones {...props} week={week} />}
      {week && <Last {...props} week={week} />}
    </section>
  );
}

function Milestones({
  now,
  trans,
  week
}: IPartProps & { readonly week: IWeek }): React.JSX.Element {
  return (
    <>
      <h4 id="course-kit-milestones">{trans.__('Milestones')}</h4>
      <ul className="course-kit-list" aria-labelledby="course-kit-milestones">
        {week.milestones.map(milestone => (
          <li key={milestone.unit} className={`course-kit-row course-kit-mod-${milestone.state}`}>
            <span className="course-kit-sign" aria-hidden="true">
              {milestone.state === 'reached' ? '✓' : milestone.state === 'late' ? '!' : '○'}
            </span>
            <span className="course-kit-entry-text">
              {milestone.text} <Details parts={[milestoneText(milestone, now, trans)]} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function milestoneText(
  { at, reached_at, state }: IMilestone,
  now: number,
  trans: IPartProps['trans']
): string {
  if (state === 'reached') {
    return reached_at === null
      ? trans.__('reached')
      : trans.__('reached on %1', dayText(reached_at, now));
  }
  if (at === null) {
    return '';
  }
  return state === 'late'
    ? trans.__('late: planned for %1', dayText(at, now))
    : trans.__('until %1', dayText(at, now));
}

function Last({ trans, week }: IPartProps & { readonly week: IWeek }): React.JSX.Element | null {
  const { items, lessons, minutes, reviews, submitted } = week.last;
  const numbers = [
    lessons.length > 0 ? trans._n('%1 lesson', '%1 lessons', lessons.length) : '',
    items > 0 ? trans._n('%1 question solved', '%1 questions solved', items) : '',
    reviews > 0 ? trans._n('%1 review answer', '%1 review answers', reviews) : '',
    minutes > 0 ? minutesText(minutes, trans) : ''
  ].filter(Boolean);
  if (numbers.length + submitted.length === 0) {
    return null;
  }
  const done = [
    ...lessons.map(title => trans.__('Done: %1', title)),
    ...submitted.map(title => trans.__('Handed in: %1', title))
  ];
  return (
    <Fold
      id="course-kit-last-week"
      title={trans.__('Last week')}
      level="h4"
      open={false}
      always={numbers.length > 0 && <p className="course-kit-last">{numbers.join(' · ')}</p>}
    >
      {() =>
        done.length > 0 ? (
          <ul className="course-kit-plain">
            {done.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        ) : (
          <p className="course-kit-quiet">{trans.__('No lesson was finished in that week.')}</p>
        )
      }
    </Fold>
  );
}
