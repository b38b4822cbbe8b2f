/**
 * What page and server say to each other of weeks, plans and reviews; the rest is in protocol.ts.
 *
 * Times are ISO 8601 in UTC, unless they say that they are dates.
 */

/** What a unit's `pace:` asks for this week, or asked for before. */
export interface IMilestone {
  readonly unit: string;
  readonly title: string;
  readonly text: string;
  readonly at: string | null;
  readonly state: MilestoneState;
  readonly reached_at: string | null;
}

export type MilestoneState = 'reached' | 'ahead' | 'late';

/** The learner's week, and what they did in the one before. */
export interface IWeek {
  readonly monday: string;
  readonly milestones: readonly IMilestone[];
  readonly last: {
    readonly lessons: readonly string[];
    readonly items: number;
    readonly reviews: number;
    readonly minutes: number;
    readonly submitted: readonly string[];
  };
}

/** Something a lesson teaches, as the learner remembers it; `strength` is from 0 to 1. */
export interface ISkill {
  readonly skill: string;
  readonly title: string;
  readonly due: boolean;
  readonly due_at: string | null;
  readonly strength: number;
  /** The lessons that teach it. */
  readonly lessons: readonly {
    readonly key: string;
    readonly title: string;
    readonly path: string | null;
  }[];
}

/** What is due for review, how long that takes, and when something is due again. */
export interface IReviews {
  readonly due: number;
  readonly minutes: number;
  readonly next_at: string | null;
  readonly skills: readonly ISkill[];
  readonly weak: readonly ISkill[];
}

/** Where a unit's end was meant to be, and where it will be at the learner's own pace. */
export interface IPlanMilestone {
  readonly unit: string;
  readonly title: string;
  readonly pace_at: string | null;
  /** The day of `pace_at` where dates are counted, as a date. */
  readonly pace_day?: string | null;
  readonly planned_at: string | null;
  readonly state: MilestoneState;
}

export interface IPlan {
  /** What the learner said; null before they have. */
  readonly hours_per_week: number | null;
  /** Minutes a week, as measured of late; null before there is a week to measure. */
  readonly measured: number | null;
  readonly minutes_left: number;
  /** Dates without a time, of the learner's own calendar. */
  readonly finish: {
    readonly early: string;
    readonly expected: string;
    readonly late: string;
  } | null;
  readonly milestones: readonly IPlanMilestone[];
  readonly paused_since: string | null;
  readonly text: string;
}

/** What is due soon: said by a notification, once a day for each key. */
export interface INotice {
  readonly key: string;
  readonly text: string;
  readonly path: string | null;
  readonly assignment: string;
}

/** `feed`: the calendar's address below the server's base, or null while there is none. */
export interface ICalendar {
  readonly feed: string | null;
}

export type PaceChange = 'pause' | 'resume' | 'restart' | 'hours';

export interface IReviewMade {
  /** The notebook that was built. */
  readonly path: string;
  readonly skills: number;
  readonly minutes: number;
}
