/** What every part of the panel is given. */

import { type TranslationBundle } from '@jupyterlab/translation';

import { type CourseModel } from '../model';

/** What leaves the panel: dialogs and other places of the application. */
export interface IActions {
  openCourse(): void;
  submit(assignment: string): void;
  restore(path: string, title: string): void;
  /** Whether the learner has read what is recorded, and that they have now. */
  readonly noticeRead: boolean;
  readNotice(): void;
}

export interface IPartProps {
  readonly model: CourseModel;
  readonly actions: IActions;
  readonly trans: TranslationBundle;
  /** The time by which "overdue" is judged. */
  readonly now: number;
}
