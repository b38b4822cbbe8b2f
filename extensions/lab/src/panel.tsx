import { ReactWidget } from '@jupyterlab/ui-components';
import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { type IActions } from './components/context';
import { CoursePanelView } from './components/panel';
import { courseIcon } from './icons';
import { type CourseModel } from './model';

/** The course in the left area: renders the model, and reads its news out. */
export class CoursePanel extends ReactWidget {
  constructor(
    private readonly model: CourseModel,
    private readonly actions: IActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = CoursePanel.ID;
    this.addClass('course-kit-Panel');
    this.title.icon = courseIcon;
    this.title.caption = trans.__('Course');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Course'));
    model.changed.connect(this.onChanged, this);
    model.announced.connect(this.onAnnounced, this);
  }

  static readonly ID = 'course-kit-panel';

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.model.changed.disconnect(this.onChanged, this);
    this.model.announced.disconnect(this.onAnnounced, this);
    clearTimeout(this.clearing);
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return (
      <>
        <div className="course-kit-announcer" role="status" aria-live="polite">
          {this.said.map((sentence, index) => (
            <p key={`${this.spoken}-${index}`}>{sentence}</p>
          ))}
        </div>
        <CoursePanelView
          model={this.model}
          actions={this.actions}
          trans={this.trans}
          now={Math.floor(Date.now() / 60_000) * 60_000}
        />
      </>
    );
  }

  private onChanged(): void {
    this.update();
  }

  private onAnnounced(_: CourseModel, sentence: string): void {
    this.said = [...this.said, sentence];
    this.spoken++;
    clearTimeout(this.clearing);
    // what was read out must not be met again by someone who walks through the page
    this.clearing = setTimeout(() => {
      this.said = [];
      this.update();
    }, 10_000);
    this.update();
  }

  private said: readonly string[] = [];
  private spoken = 0;
  private clearing: ReturnType<typeof setTimeout> | undefined;
}
