import * as React from 'react';

import { dayText, fromNow, minutesText } from '../dates';
import { type IReviews, type ISkill } from '../protocolWeek';
import { percent } from '../words';
import { Button } from './button';
import { type IPartProps } from './context';
import { Details } from './details';
import { Fold } from './fold';

/** What to come back to before it is forgotten: one button, and the lessons that teach what is weak. */
export function Reviews(
  props: IPartProps & { readonly reviews: IReviews }
): React.JSX.Element | null {
  const { model, now, reviews, trans } = props;
  const { due, minutes, next_at: next, skills } = reviews;
  if (skills.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="course-kit-review">
      <h3 id="course-kit-review">{trans.__('Review')}</h3>
      {due > 0 ? (
        <>
          <p>
            {trans._n('%1 skill is due for review.', '%1 skills are due for review.', due)}{' '}
            <Details parts={[minutesText(minutes, trans)]} />
          </p>
          <Button
            className="course-kit-go"
            primary
            resting={model.busy}
            press={() => void model.study.startReview()}
          >
            {trans.__('Start the review')}
          </Button>
        </>
      ) : (
        <>
          <p>
            {next === null
              ? trans.__('Nothing is due for review.')
              : trans.__(
                  'Nothing is due for review until %1 (%2).',
                  dayText(next, now),
                  fromNow(next, now)
                )}
          </p>
          <Button resting={model.busy} press={() => void model.study.startReview(true)}>
            {trans.__('Practise anyway')}
          </Button>
        </>
      )}
      <Skills {...props} />
    </section>
  );
}

function Skills(props: IPartProps & { readonly reviews: IReviews }): React.JSX.Element {
  const { reviews, trans } = props;
  const weak = new Set(reviews.weak.map(skill => skill.skill));
  const rest = reviews.skills.filter(skill => !weak.has(skill.skill));
  return (
    <>
      {reviews.weak.length > 0 && (
        <Fold
          id="course-kit-weak"
          title={trans.__('Weak skills')}
          level="h4"
          beside={<span className="course-kit-count">{reviews.weak.length}</span>}
          open={false}
        >
          {() => <SkillList {...props} skills={reviews.weak} labelledBy="course-kit-weak" />}
        </Fold>
      )}
      {rest.length > 0 && (
        <Fold
          id="course-kit-skills"
          title={weak.size > 0 ? trans.__('Other skills') : trans.__('Your skills')}
          level="h4"
          beside={<span className="course-kit-count">{rest.length}</span>}
          open={false}
        >
          {() => <SkillList {...props} skills={rest} labelledBy="course-kit-skills" />}
        </Fold>
      )}
    </>
  );
}

function SkillList({
  labelledBy,
  model,
  now,
  skills,
  trans
}: IPartProps & {
  readonly skills: readonly ISkill[];
  readonly labelledBy: string;
}): React.JSX.Element {
  return (
    <ul className="course-kit-list" aria-labelledby={labelledBy}>
      {skills.map(({ due, due_at: dueAt, lessons, skill, strength, title }) => (
        <li key={skill} className="course-kit-skill">
          <strong>{title}</strong>{' '}
          <Details
            parts={[
              trans.__('remembered to %1', percent(strength)),
              due
                ? trans.__('due now')
                : dueAt === null
                  ? ''
                  : trans.__('due %1', dayText(dueAt, now))
            ]}
          />
          {lessons.length > 0 && (
            <p className="course-kit-taught">
              {trans.__('Taught in:')}{' '}
              {lessons.map((lesson, index) => (
                <React.Fragment key={lesson.key}>
                  {index > 0 && ', '}
                  {lesson.path === null ? (
                    lesson.title
                  ) : (
                    <button
                      type="button"
                      className="course-kit-inline"
                      onClick={() => void open(lesson)}
                    >
                      {lesson.title}
                    </button>
                  )}
                </React.Fragment>
              ))}
            </p>
          )}
        </li>
      ))}
    </ul>
  );

  async function open(lesson: ISkill['lessons'][number]): Promise<void> {
    const known = model.lesson(lesson.key);
    if (known) {
      await model.openLesson(known);
    } else if (lesson.path !== null) {
      await model.openPath(lesson.path);
    }
  }
}
