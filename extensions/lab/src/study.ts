/** How the learner paces themselves: the week's goal, reviews, a plan, pauses, and a calendar of what is due. */

import { type CourseModel, type ICourseModelOptions } from './model';
import { type IPanel, type PanelAnswer } from './protocol';
import { type IReviewMade, type PaceChange } from './protocolWeek';

/** How long a review is meant to take, in minutes. */
export const REVIEW_MINUTES = 10;

export class Study {
  constructor(
    private readonly model: CourseModel,
    private readonly options: ICourseModelOptions
  ) {}

  async setGoal(text: string, done: boolean): Promise<boolean> {
    const { trans, api } = this.options;
    const { panel } = this.model;
    if (!panel) {
      return false;
    }
    if (panel.goal) {
      // shown at once, as a tick should be; taken back below if the server does not keep it
      this.model.show({ ...panel, goal: { ...panel.goal, text, done } });
    }
    const kept = await this.change(trans.__('Saving your goal'), ({ course }) =>
      api.goal(course.key, text, done)
    );
    if (!kept) {
      this.model.show(panel);
    } else if (done) {
      this.model.announce(trans.__('This week’s goal is reached.'));
    }
    return kept;
  }

  /** Builds a review and opens it; with `anyway` of what is weakest, though nothing is due. */
  async startReview(anyway = false): Promise<IReviewMade | null> {
    const { trans, api, facts } = this.options;
    const { panel } = this.model;
    if (!panel) {
      return null;
    }
    const made = await this.model.act(trans.__('Starting a review'), async () => {
      await facts.flush();
      return api.review(panel.course.key, REVIEW_MINUTES, anyway);
    });
    if (made) {
      await this.model.openPath(made.path);
      this.model.announce(trans.__('The review is open beside the panel.'));
    }
    return made;
  }

  async setHours(hours: number | null): Promise<boolean> {
    const { trans } = this.options;
    const done = await this.changePace('hours', hours, trans.__('Saving your hours'));
    if (done) {
      this.model.announce(this.model.panel?.plan?.text ?? '');
    }
    return done;
  }

  async pause(): Promise<boolean> {
    const { trans } = this.options;
    const done = await this.changePace('pause', null, trans.__('Pausing the course'));
    if (done) {
      this.model.say(trans.__('The course is paused. Dates that can move wait for you.'));
    }
    return done;
  }

  async resume(): Promise<boolean> {
    const { trans } = this.options;
    const done = await this.changePace('resume', null, trans.__('Going on with the course'));
    if (done) {
      this.model.say(trans.__('Welcome back. The dates have moved by your pause.'));
    }
    return done;
  }

  async startOver(): Promise<boolean> {
    const { trans } = this.options;
    const done = await this.changePace('restart', null, trans.__('Starting over'));
    if (done) {
      this.model.say(trans.__('The dates count from today. What you have done stays done.'));
    }
    return done;
  }

  async setCalendar(on: boolean): Promise<boolean> {
    const { trans, api } = this.options;
    const done = await this.change(
      on ? trans.__('Making a calendar address') : trans.__('Turning the calendar off'),
      ({ course }) => api.calendar(course.key, on)
    );
    if (done) {
      this.model.announce(
        on
          ? trans.__('The calendar has an address now.')
          : trans.__('The calendar’s address is revoked.')
      );
    }
    return done;
  }

  /** The calendar's whole address, for a calendar program; null while there is none. */
  get feed(): string | null {
    const feed = this.model.panel?.calendar?.feed ?? null;
    return feed === null ? null : this.options.api.address(feed);
  }

  private changePace(change: PaceChange, hours: number | null, where: string): Promise<boolean> {
    return this.change(where, ({ course }) => this.options.api.pace(course.key, change, hours));
  }

  /** An action whose answer is the new panel; whether it worked. */
  private async change(
    where: string,
    action: (panel: IPanel) => Promise<PanelAnswer>
  ): Promise<boolean> {
    const { panel } = this.model;
    if (!panel) {
      return false;
    }
    const answer = await this.model.act(where, () => action(panel));
    if (answer) {
      this.model.take(answer);
    }
    return answer !== null;
  }
}
