import * as React from 'react';

import { minutesText } from '../dates';
import { type ILesson, type IVideo } from '../protocol';
import { lengthText, lessonStateText, percent, questionsText } from '../words';
import { Button } from './button';
import { type IPartProps } from './context';
import { Details } from './details';
import { NewVersion } from './notices';

const SIGNS = { done: '✓', locked: '–', open: '○', started: '◐' } as const;

/** One lesson: how far it is, or why it is locked and what opens it. */
export function Lesson(props: IPartProps & { readonly lesson: ILesson }): React.JSX.Element {
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
      {lesson.videos && lesson.videos.length > 0 && <Videos {...props} videos={lesson.videos} />}
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

/** The fewest steps that open a lesson, as far as they can be taken now: each goes to what it names. */
function Steps({
  lesson,
  model,
  trans
}: IPartProps & { readonly lesson: ILesson }): React.JSX.Element | null {
  const steps = (lesson.gate?.actions ?? []).flatMap(({ key, kind, text }) => {
    const needed = model.lesson(key);
    const path = needed ? needed.path : (model.assignment(key)?.path ?? null);
    // what waits for other lessons itself is among the reasons, and needs no second mention
    return kind === 'wait' || needed?.state === 'locked' || path === null
      ? []
      : [{ name: `${kind}-${key}`, text, needed, path }];
  });
  if (steps.length === 0) {
    return null;
  }
  return (
    <ul
      className="course-kit-list course-kit-steps"
      aria-label={trans.__('What opens “%1”', lesson.title)}
    >
      {steps.map(({ name, needed, path, text }) => (
        <li key={name}>
          <Button press={() => void (needed ? model.openLesson(needed) : model.openPath(path))}>
            {text}
          </Button>
        </li>
      ))}
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

/** The lesson's videos, and how much of each was watched; they are played in the lesson. */
function Videos({
  lesson,
  trans,
  videos
}: IPartProps & {
  readonly lesson: ILesson;
  readonly videos: readonly IVideo[];
}): React.JSX.Element {
  return (
    <ul
      className="course-kit-list course-kit-steps"
      aria-label={trans.__('Videos of “%1”', lesson.title)}
    >
      {videos.map(video => (
        <li key={video.key} className="course-kit-video">
          <span aria-hidden="true">{video.watched >= 1 ? '✓' : '▶'}</span> {video.title}{' '}
          <Details
            parts={[
              lengthText(video.seconds),
              video.watched > 0 ? trans.__('%1 watched', percent(video.watched)) : ''
            ]}
          />
        </li>
      ))}
    </ul>
  );
}
