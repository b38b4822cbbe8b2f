/** Dates as the learner's own calendar and clock have them. */

import { type TranslationBundle } from '@jupyterlab/translation';

const DAY = 86_400_000;

/** `2026-11-24T22:59:00Z` as day and time on the learner's own clock. */
export function localTime(iso: string, locale?: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone
  }).format(new Date(iso));
}

/** The day of a time, or a date without one: `Tue, Nov 24`, with the year where it is another than that of `now`. */
export function dayText(iso: string, now: number, locale?: string): string {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(iso);
  const at = new Date(isDate ? `${iso}T12:00:00` : iso);
  return new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: at.getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric'
  }).format(at);
}

/** How many of the learner's days lie between `now` and a time: 1 is tomorrow. */
export function daysUntil(iso: string, now: number): number {
  return Math.round((midnight(Date.parse(iso)) - midnight(now)) / DAY);
}

/** `today`, `in 5 days`; in weeks from three weeks on, so that nobody counts days. */
export function fromNow(iso: string, now: number, locale?: string): string {
  const days = daysUntil(iso, now);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return Math.abs(days) < 21
    ? format.format(days, 'day')
    : format.format(Math.round(days / 7), 'week');
}

/** The learner's time zone, to stand beside a time. */
export function zoneName(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function minutesText(minutes: number | null, trans: TranslationBundle): string {
  if (minutes === null) {
    return '';
  }
  const whole = Math.round(minutes);
  if (whole < 60) {
    return trans.__('%1 min', String(whole));
  }
  const rest = whole % 60;
  const hours = String(Math.floor(whole / 60));
  return rest === 0 ? trans.__('%1 h', hours) : trans.__('%1 h %2 min', hours, String(rest));
}

function midnight(time: number): number {
  const day = new Date(time);
  // by the calendar, so that a night that lacks an hour is a night
  return Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
}
