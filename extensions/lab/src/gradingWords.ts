/** How grading says things: pure functions from the protocol's values to an instructor's words. */

import { type TranslationBundle } from '@jupyterlab/translation';

import {
  type IBatch,
  type IBatchState,
  type IGradedAssignment,
  type IHeld,
  type IScore
} from './grading';

export function statusText(status: string, trans: TranslationBundle): string {
  switch (status) {
    case 'graded':
      return trans.__('graded');
    case 'needs-manual-grading':
      return trans.__('to be marked by hand');
    case 'repaired':
      return trans.__('repaired');
    case 'incomplete':
      return trans.__('incomplete');
    case 'timed-out':
      return trans.__('out of time');
    case 'out-of-memory':
      return trans.__('out of memory');
    case 'kernel-died':
      return trans.__('kernel died');
    case 'unreadable':
      return trans.__('unreadable');
    case 'missing-kernel':
      return trans.__('kernel missing');
    case 'unverified':
      return trans.__('waits for your decision');
    case 'failed':
      return trans.__('failed');
    case 'missing':
      return trans.__('missing');
    default:
      return status;
  }
}

export function heldText(held: IHeld, trans: TranslationBundle): string {
  switch (held.state) {
    case 'waiting':
      return trans.__('Waits for your decision; the points are held.');
    case 'accepted':
      return held.by
        ? trans.__('Accepted by %1; the points count.', held.by)
        : trans.__('Accepted; the points count.');
    case 'denied':
      return held.by
        ? trans.__('Denied by %1; the points do not count.', held.by)
        : trans.__('Denied; the points do not count.');
    case 'not-held':
      return trans.__('Not held, because the test itself is suspected.');
  }
}

/** `8 of 10`; a dash where nothing could be scored. */
export function pointsText(score: IScore, trans: TranslationBundle): string {
  if (score.score === null) {
    return '–';
  }
  const points = String(Math.round(score.score * 100) / 100);
  return score.max_score === null
    ? points
    : trans.__('%1 of %2', points, String(Math.round(score.max_score * 100) / 100));
}

/** Seconds as a person counts them. */
export function secondsText(seconds: number, trans: TranslationBundle): string {
  if (seconds < 10) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  return seconds < 90
    ? trans.__('%1 s', String(Math.round(seconds)))
    : trans.__('%1 min', String(Math.round(seconds / 60)));
}

/** `about 20 s left`; empty where nobody can say. */
export function leftText(left: number | null | undefined, trans: TranslationBundle): string {
  if (left === null || left === undefined) {
    return '';
  }
  return left < 90
    ? trans.__('about %1 s left', String(Math.max(1, Math.round(left))))
    : trans.__('about %1 min left', String(Math.round(left / 60)));
}

/** `4 of 12 submissions, about 20 s left`. */
export function progressText(state: IBatchState | null, trans: TranslationBundle): string {
  if (state === null || state.total === 0) {
    return trans.__('Preparing…');
  }
  const done = trans.__('%1 of %2 submissions', String(state.done), String(state.total));
  return [done, leftText(state.left, trans)].filter(Boolean).join(', ');
}

/** `2 out of time, 1 waits for your decision`. */
export function countsText(
  counts: Readonly<Record<string, number>>,
  trans: TranslationBundle
): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([status, count]) => trans.__('%1 %2', String(count), statusText(status, trans)))
    .join(', ');
}

export function assignmentText(one: IGradedAssignment, trans: TranslationBundle): string[] {
  return [
    trans.__('%1 submitted', String(one.submitted)),
    trans.__('%1 graded', String(one.graded)),
    one.waiting > 0 ? trans.__('%1 with points that wait for you', String(one.waiting)) : '',
    one.by_hand > 0 ? trans.__('%1 to be marked by hand', String(one.by_hand)) : ''
  ].filter(Boolean);
}

/** One sentence on how a batch ended. */
export function batchText(batch: IBatch, trans: TranslationBundle): string {
  const counts: Record<string, number> = {};
  for (const { status } of batch.submissions) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  const submissions = trans._n('%1 submission', '%1 submissions', batch.submissions.length);
  const statuses = countsText(counts, trans);
  const seconds = secondsText(batch.seconds, trans);
  return statuses
    ? trans.__('%1 in %2: %3.', submissions, seconds, statuses)
    : trans.__('%1 in %2.', submissions, seconds);
}

export function effortText(batch: IBatch, trans: TranslationBundle): string {
  return trans.__(
    '%1 run, %2 from kept results, %3 unchanged.',
    String(batch.ran),
    String(batch.cached),
    String(batch.settled)
  );
}

/** `ada, bob and 3 more`. */
export function peopleText(names: readonly string[], trans: TranslationBundle): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? trans.__('%1 and %2 more', shown, String(names.length - 5)) : shown;
}

/** A course-kit command, to be typed in a terminal in the server's folder. */
export function commandText(course: string, ...words: readonly string[]): string {
  const quoted = (text: string): string =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  const where = course === '.' ? [] : ['--course', course];
  return ['course-kit', ...words, ...where].map(quoted).join(' ');
}
