import * as React from 'react';

import { type ILesson, type IPanel, type IUnit } from '../protocol';
import { lessonStateText, minutesText, percent, questionsText } from '../words';
import { Assignment } from './assignment';
import { Button } from './button';
import { type IPartProps } from './context';
import { Details } from './details';
import { NewVersion } from './notices';

/** Units with their lessons and assignments. */
export function Outline(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element {
  const { panel, trans } = props;
  return (
    <section aria-labelledby="course-kit-outline">
      <h3 id="course-kit-outline">{trans.__('Outline')}</h3>
      <ol className="course-kit-list">
        {panel.units.map(unit => (
          <li key={unit.key} className="course-kit-unit">
            <Unit {...props} unit={unit} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Unit(props: IPartProps & { readonly unit: IUnit }): React.JSX.Element {
  const { trans, unit } = props;
  return (
    <>
      <h4>{unit.title}</h4>
      {unit.goal && <p className="course-kit-quiet">{unit.goal}</p>}
      <div className="course-kit-progress">
        <progress
          aria-label={trans.__('Progress in “%1”', unit.title)}
          max={1}
          value={unit.fraction}
        />
        <span>{percent(unit.fraction)}</span>
      </div>
      <ul className="course-kit-list" aria-label={trans.__('Lessons of “%1”', unit.title)}>
        {unit.lessons.map(lesson => (
          <li key={lesson.key} className={`course-kit-lesson course-kit-mod-${lesson.state}`}>
            <Lesson {...props} lesson={lesson} />
          </li>
        ))}
      </ul>
      {unit.assignments.length > 0 && (
        <ul className="course-kit-list" aria-label={trans.__('Assignments of “%1”', unit.title)}>
          {unit.assignments.map(assignment => (
            <li key={assignment.key} className="course-kit-assignment">
              <Assignment {...props} assignment={assignment} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const SIGNS = { done: '✓', locked: '–', open: '○', started: '◐' } as const;

function Lesson(props: IPartProps & { readonly lesson: ILesson }): React.JSX.Element {
  const { lesson, trans } = props;
  const details = [
    lessonStateText(lesson, trans),
    lesson.kind === 'link'
      ? trans.__('link')
      : lesson.kind === 'document'
        ? trans.__('document')
        : '',
    questionsText(lesson, trans),
    minutesText(lesson.minutes, trans)
  ];
  const entry = (
    <>
      <span className="course-kit-sign" aria-hidden="true">
        {SIGNS[lesson.state]}
      </span>
      <span className="course-kit-entry-text">
        <span className="course-kit-entry-title">{lesson.title}</span>
        <Details parts={details} />
      </span>
    </>
  );
  return (
    <>
      <Entry {...props}>{entry}</Entry>
      {lesson.state === 'started' && (
        <progress
          className="course-kit-thin"
          aria-label={trans.__('Progress in “%1”', lesson.title)}
          max={1}
          value={lesson.fraction}
        />
      )}
      {lesson.state === 'locked' && (
        <>
          <Reasons {...props} />
          <Steps {...props} />
          {lesson.gate?.mode !== 'enforce' && <OpenAnyway {...props} />}
        </>
      )}
      <NewVersion {...props} work={lesson} />
    </>
  );
}

function Entry({
  children,
  lesson,
  model
}: IPartProps & {
  readonly lesson: ILesson;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  if (lesson.state === 'locked') {
    return <div className="course-kit-entry course-kit-mod-disabled">{children}</div>;
  }
  if (lesson.kind === 'link' && lesson.url !== null) {
    return (
      <a
        className="course-kit-entry"
        href={lesson.url}
        target="_blank"
        rel="noopener noreferrer"
        onClick={() => void model.openLesson(lesson)}
      >
        {children}
      </a>
    );
  }
  return (
    <button className="course-kit-entry" onClick={() => void model.openLesson(lesson)}>
      {children}
    </button>
  );
}

/** The fewest steps that open a lesson: each goes to what it names. */
function Steps({
  lesson,
  model,
  trans
}: IPartProps & { readonly lesson: ILesson }): React.JSX.Element | null {
  const steps = lesson.gate?.actions?.filter(step => step.kind !== 'wait') ?? [];
  if (steps.length === 0) {
    return null;
  }
  return (
    <ul
      className="course-kit-list course-kit-steps"
      aria-label={trans.__('What opens “%1”', lesson.title)}
    >
      {steps.map(step => {
        const needed = model.lesson(step.key);
        const path = needed ? needed.path : (model.assignment(step.key)?.path ?? null);
        const go = (): void =>
          void (needed ? model.openLesson(needed) : path !== null && model.openPath(path));
        return (
          <li key={`${step.kind}-${step.key}`}>
            {needed?.state === 'locked' || path === null ? (
              step.text
            ) : (
              <Button name={step.text} press={go}>
                {step.text}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** A gate advises: whoever wants to go on anyway can. */
function OpenAnyway({
  lesson,
  model,
  trans
}: IPartProps & { readonly lesson: ILesson }): React.JSX.Element | null {
  const label = trans.__('Open anyway');
  // the words that are seen come first in what is spoken, so that both can be said to a computer
  const name = trans.__('%1: %2', label, lesson.title);
  const open = (): void => void model.openLesson(lesson);
  if (lesson.kind === 'link' ? lesson.url === null : lesson.path === null) {
    return null;
  }
  return (
    <div className="course-kit-anyway">
      {lesson.kind === 'link' && lesson.url !== null ? (
        <a
          className="course-kit-button"
          href={lesson.url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={name}
          onClick={open}
        >
          {label}
        </a>
      ) : (
        <Button name={name} press={open}>
          {label}
        </Button>
      )}
    </div>
  );
}

/** Why a lesson is locked: everything that is missing, with how long it takes. */
function Reasons({
  lesson,
  trans
}: IPartProps & { readonly lesson: ILesson }): React.JSX.Element | null {
  if (lesson.reasons.length === 0) {
    return null;
  }
  return (
    <ul className="course-kit-reasons" aria-label={trans.__('Why “%1” is locked', lesson.title)}>
      {lesson.reasons.map((reason, index) => (
        <li key={index}>
          {reason.text}
          {reason.minutes !== null && (
            <span className="course-kit-quiet"> ({minutesText(reason.minutes, trans)})</span>
          )}
        </li>
      ))}
    </ul>
  );
}
