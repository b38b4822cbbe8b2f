/** How the page says things: pure functions from the protocol's values to a learner's words. */

import { type TranslationBundle } from '@jupyterlab/translation';

import { localTime } from './dates';
import { findLesson, type IAssignment, type ILesson, type IPanel, type Verdict } from './protocol';

export function percent(fraction: number): string {
  // rounded down, so that 100 % is said of finished work only
  return `${Math.floor(Math.max(0, Math.min(1, fraction)) * 100 + 1e-9)} %`;
}

export function lessonStateText(lesson: ILesson, trans: TranslationBundle): string {
  switch (lesson.state) {
    case 'done':
      return trans.__('Done');
    case 'started':
      return lesson.fraction < 0.01
        ? trans.__('Started')
        : trans.__('%1 done', percent(lesson.fraction));
    case 'open':
      return trans.__('Open');
    case 'locked':
      return trans.__('Locked');
  }
}

export function questionsText(lesson: ILesson, trans: TranslationBundle): string {
  if (lesson.items === 0) {
    return '';
  }
  return lesson.items_right === 0
    ? trans._n('%1 question', '%1 questions', lesson.items)
    : trans.__('%1 of %2 questions right', String(lesson.items_right), String(lesson.items));
}

/** Points without needless zeros: `8 of 10 points`. */
export function scoreText(score: number, max: number | null, trans: TranslationBundle): string {
  const points = String(Math.round(score * 100) / 100);
  return max === null
    ? trans.__('%1 points', points)
    : trans.__('%1 of %2 points', points, String(Math.round(max * 100) / 100));
}

/** How an assignment stands, for whoever looks for it among others. */
export function assignmentStateText(
  assignment: IAssignment,
  now: number,
  trans: TranslationBundle,
  locale?: string
): string {
  if (assignment.score !== null) {
    return trans.__('Score: %1', scoreText(assignment.score, assignment.max_score, trans));
  }
  if (assignment.submitted_at !== null) {
    return trans.__('Submitted %1', localTime(assignment.submitted_at, locale));
  }
  if (isOver(assignment.closes, now)) {
    return trans.__('Not submitted; it is closed.');
  }
  if (isOver(assignment.due, now)) {
    return trans.__('Not submitted; the due date is over. You can still submit.');
  }
  return trans.__('Not submitted');
}

export function isOver(iso: string | null, now: number): boolean {
  return iso !== null && Date.parse(iso) < now;
}

export function verdictText(verdict: Verdict, trans: TranslationBundle): string {
  switch (verdict) {
    case 'passed':
      return trans.__('passed');
    case 'failed':
      return trans.__('did not pass');
    case 'not-answered':
      return trans.__('not answered yet');
    case 'not-run':
      return trans.__('was not run, because a cell before it failed');
    case 'by-hand':
      return trans.__('scored when it is graded');
  }
}

/** A video's length: `2:30`. */
export function lengthText(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

export function sizeText(bytes: number): string {
  if (bytes < 1000) {
    return `${bytes} B`;
  }
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What a screen reader is told when the course moved on: lessons done, lessons opened, scores posted. */
export function changesText(
  before: IPanel,
  after: IPanel,
  trans: TranslationBundle
): readonly string[] {
  if (before.course.key !== after.course.key) {
    return [trans.__('Course “%1” is open.', after.course.title)];
  }
  const said: string[] = [];
  for (const unit of after.units) {
    for (const lesson of unit.lessons) {
      const old = findLesson(before, lesson.key);
      if (old && old.state !== 'done' && lesson.state === 'done') {
        said.push(trans.__('Lesson “%1” is done.', lesson.title));
      } else if (old?.state === 'locked' && lesson.state !== 'locked') {
        said.push(trans.__('Lesson “%1” is open now.', lesson.title));
      }
    }
    for (const assignment of unit.assignments) {
      const old = before.units
        .flatMap(each => each.assignments)
        .find(each => each.key === assignment.key);
      if (old && old.score !== assignment.score && assignment.score !== null) {
        const score = scoreText(assignment.score, assignment.max_score, trans);
        said.push(trans.__('“%1” was graded: %2.', assignment.title, score));
      }
    }
  }
  return said;
}
