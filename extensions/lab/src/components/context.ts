/** What every part of the panel is given. */

import { type TranslationBundle } from '@jupyterlab/translation';

import { type CourseModel } from '../model';
import { type IPanel } from '../protocol';

/** What leaves the panel: dialogs and other places of the application. */
export interface IActions {
  openCourse(): void;
  submit(assignment: string): void;
  restore(path: string, title: string): void;
  /** Asks first, and says which dates move. */
  pause(): void;
  startOver(): void;
  /** Puts `text` on the clipboard. */
  copy(text: string): void;
  /** Opens the grading view; left out for whoever has nothing to grade. */
  readonly grade?: (() => void) | undefined;
  /** The page that says what is recorded, until the learner has read it; and that they have now. */
  notice(panel: IPanel): string | null;
  readNotice(panel: IPanel): void;
}

export interface IPartProps {
  readonly model: CourseModel;
  readonly actions: IActions;
  readonly trans: TranslationBundle;
  /** The time by which "overdue" is judged, in whole minutes, so that views do not change with every second. */
  readonly now: number;
}
