/**
 * What page and server say to each other: the TypeScript side of the contract in docs/architecture.md.
 *
 * Paths are relative to the server's root folder; times are ISO 8601 in UTC.
 */

import {
  type ICalendar,
  type INotice,
  type IPlan,
  type IReviews,
  type IWeek
} from './protocolWeek';

export const PANEL_VERSION = 1;

export type LessonState = 'locked' | 'open' | 'started' | 'done';
export type LessonKind = 'notebook' | 'document' | 'link';

export interface ICourse {
  readonly key: string;
  readonly title: string;
  readonly release: string;
  readonly folder: string;
  readonly contact: string;
  readonly forum: string;
  readonly live: string;
}

/** Why a lesson is locked: the lesson that comes first, in words, with its minutes. */
export interface IReason {
  readonly lesson: string | null;
  readonly text: string;
  readonly minutes: number | null;
}

/** One of the fewest actions that open a gate: a lesson or an assignment to work on, or a wait. */
export interface IGateStep {
  readonly kind: 'complete' | 'score' | 'wait';
  /** Of a lesson or an assignment; empty for a wait. */
  readonly key: string;
  readonly text: string;
  readonly minutes: number | null;
  readonly until: string | null;
}

/** Why a lesson is shut and the least that opens it; `actions` is null where nothing that a learner does helps. */
export interface IGate {
  readonly mode: 'advise' | 'enforce';
  readonly reasons: readonly IReason[];
  readonly actions: readonly IGateStep[] | null;
  readonly minutes: number | null;
}

/** A video of a lesson; `watched` is the share truly watched, from 0 to 1. */
export interface IVideo {
  readonly key: string;
  readonly title: string;
  readonly seconds: number;
  readonly watched: number;
}

export interface ILesson {
  readonly key: string;
  readonly title: string;
  readonly kind: LessonKind;
  readonly path: string | null;
  readonly url: string | null;
  readonly minutes: number | null;
  readonly state: LessonState;
  /** From 0 to 1. */
  readonly fraction: number;
  readonly reasons: readonly IReason[];
  /** Null once the lesson is open. */
  readonly gate: IGate | null;
  readonly items_right: number;
  readonly items: number;
  /** Where a newer version lies beside the learner's own, if one does. */
  readonly new_version: string | null;
  readonly videos?: readonly IVideo[];
}

/** Dates are those that hold for this learner: with what an instructor granted, a pause or a new start moved. */
export interface IAssignment {
  readonly key: string;
  readonly title: string;
  readonly path: string | null;
  readonly opens: string | null;
  readonly due: string | null;
  readonly closes: string | null;
  /** How many percent it counts if it is handed in now. */
  readonly credit_now: number;
  /** Which rule gave the due date, and what moved it; empty where nobody needs to be told. */
  readonly why: string;
  /** Whether no pause moves the due date. */
  readonly fixed: boolean;
  readonly minutes: number | null;
  readonly submitted_at: string | null;
  readonly score: number | null;
  readonly max_score: number | null;
  readonly status: string | null;
  readonly feedback: readonly string[];
  readonly new_version: string | null;
}

export interface IUnit {
  readonly key: string;
  readonly title: string;
  readonly goal: string;
  readonly fraction: number;
  readonly lessons: readonly ILesson[];
  readonly assignments: readonly IAssignment[];
}

export interface INextStep {
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly minutes: number | null;
  readonly path: string | null;
  readonly url: string | null;
  readonly why: string;
}

export interface IGoal {
  /** The Monday of the week, as a date. */
  readonly week: string;
  readonly text: string;
  readonly done: boolean;
  readonly suggested: string;
}

export interface IPanel {
  readonly version: number;
  readonly course: ICourse;
  /** The page that says what is recorded, until the learner has seen it. */
  readonly notice: string | null;
  readonly fraction: number;
  readonly next: INextStep | null;
  readonly goal: IGoal | null;
  readonly units: readonly IUnit[];
  readonly unsynced: number;
  readonly submitted: boolean;
  readonly message: string | null;
  /** What follows is left out by servers that know nothing of it. */
  readonly week?: IWeek | null;
  readonly plan?: IPlan | null;
  readonly notices?: readonly INotice[];
  readonly calendar?: ICalendar | null;
  readonly reviews?: IReviews | null;
}

export interface IWorkspace {
  readonly course: string;
  readonly folder: string;
  readonly title?: string;
}

export interface INoCourse {
  readonly course: null;
  readonly workspaces: readonly IWorkspace[];
}

export type PanelAnswer = IPanel | INoCourse;

export type PageFact =
  | { readonly kind: 'LessonOpened'; readonly lesson: string }
  | { readonly kind: 'GateOverridden'; readonly lesson: string }
  | { readonly kind: 'LessonViewed'; readonly lesson: string; readonly fraction: number }
  | {
      readonly kind: 'CellRan';
      readonly lesson: string;
      readonly cell: string;
      readonly ok: boolean;
      readonly error: string | null;
      readonly seconds: number;
    };

/** A fact with the identity and time that the page gave it: what is sent, and sent again, until it is stored. */
export interface IStampedFact {
  readonly event_id: string;
  readonly at: string;
  readonly fact: PageFact;
}

export interface IFactsAnswer {
  readonly stored: readonly string[];
  readonly refused?: readonly { readonly event_id: string; readonly reason: string }[];
}

export interface IOpened {
  readonly folder: string | null;
  readonly first: string | null;
  readonly missing_packages: readonly string[];
  /** The command that installs them; empty where there is nothing to install. */
  readonly install: string;
  readonly updated: readonly string[];
  readonly kept: readonly string[];
  readonly conflicts: readonly string[];
  readonly message: string | null;
}

export interface IBroughtOver {
  readonly path: string;
  readonly carried: number;
  readonly backup: string;
}

export interface IServerError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** One test cell of an assignment, as "Check my work" found it. */
export interface ICheckedCell {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
}

export const VERDICTS = ['passed', 'failed', 'not-answered', 'not-run', 'by-hand'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface ICheckedWork {
  readonly cells: readonly ICheckedCell[];
  /** Notebooks that could not be run at all, each in a sentence. */
  readonly problems: readonly string[];
}

export interface ITask {
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly done: number;
  readonly total: number;
  readonly what: string;
  readonly result: unknown;
  readonly error: IServerError | null;
}

export interface IIdentity {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface ISubmissionPreview {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly events: readonly { readonly at: string; readonly text: string }[];
  readonly warnings: readonly string[];
  readonly learner: IIdentity;
  /** Whether nbgrader's exchange of the server's computer takes work of this course. */
  readonly exchange: boolean;
}

/** What a learner decides when they hand in. */
export interface ISubmissionChoice {
  readonly events: boolean;
  readonly exchange: boolean;
  readonly learner: IIdentity;
}

export interface IReceipt {
  readonly submission: string;
  readonly submitted_at: string;
  readonly file: string;
  readonly files: readonly (string | { readonly path: string })[];
  readonly events: number;
  readonly exchange: boolean;
  /** Why the exchange did not take it, where it was asked to. */
  readonly exchange_trouble: string;
}

export interface IFeedback {
  readonly assignment: string;
  readonly score: number | null;
  readonly max_score: number | null;
  readonly pages: readonly string[];
  /** What else there is to say; empty where there is nothing. */
  readonly message?: string;
}

/** What course-kit wrote into a notebook's metadata; a review has neither lesson nor assignment. */
export interface INotebookMark {
  readonly version: number;
  readonly course: string;
  readonly lesson: string | null;
  readonly assignment: string | null;
}

/** The server speaks another version of the panel than this page. */
export class VersionMismatch extends Error {
  constructor(
    readonly found: unknown,
    readonly supported: number
  ) {
    super(`panel version ${String(found)}, supported ${supported}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The panel as the server sent it.
 *
 * Throws {@link VersionMismatch} on another version and a TypeError on what is no panel at all.
 */
export function parsePanel(value: unknown): PanelAnswer {
  if (!isFields(value)) {
    throw new TypeError('the answer is not an object');
  }
  if (value.course === null || value.course === undefined) {
    return { course: null, workspaces: list(value.workspaces) as readonly IWorkspace[] };
  }
  if (value.version !== PANEL_VERSION) {
    throw new VersionMismatch(value.version, PANEL_VERSION);
  }
  if (!isFields(value.course) || !Array.isArray(value.units)) {
    throw new TypeError('the answer holds no course');
  }
  return value as unknown as IPanel;
}

/** The cells of a finished check; cells without a name are counted from 1. */
export function parseCheckedWork(value: unknown): ICheckedWork {
  const work = isFields(value) ? value : {};
  return {
    cells: list(work.cells)
      .filter(isFields)
      .map((cell, index) => ({
        name: text(cell.grade_id) || String(index + 1),
        // a verdict that this page does not know is shown with its message, and never as a pass
        verdict: VERDICTS.find(verdict => verdict === cell.verdict) ?? 'failed',
        message: text(cell.message)
      })),
    problems: list(work.problems).filter(problem => typeof problem === 'string')
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The mark of a lesson, an assignment or a review in a notebook's metadata; null in any other notebook. */
export function readMark(metadata: unknown): INotebookMark | null {
  if (!isFields(metadata) || typeof metadata.course !== 'string') {
    return null;
  }
  const lesson = text(metadata.lesson) || null;
  const assignment = text(metadata.assignment) || null;
  if (lesson === null && assignment === null && typeof metadata.review !== 'string') {
    return null;
  }
  const version = typeof metadata.version === 'number' ? metadata.version : 1;
  return { version, course: metadata.course, lesson, assignment };
}

export function findLesson(panel: IPanel, key: string): ILesson | null {
  for (const unit of panel.units) {
    const found = unit.lessons.find(lesson => lesson.key === key);
    if (found) {
      return found;
    }
  }
  return null;
}

export function findAssignment(panel: IPanel, key: string): IAssignment | null {
  for (const unit of panel.units) {
    const found = unit.assignments.find(assignment => assignment.key === key);
    if (found) {
      return found;
    }
  }
  return null;
}
