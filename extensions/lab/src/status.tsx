import { TextItem } from '@jupyterlab/statusbar';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { type CourseModel } from './model';
import { lessonStateText } from './words';

/** In the status bar: the lesson in front, and how far it is. */
export class LessonStatus extends ReactWidget {
  constructor(
    private readonly model: CourseModel,
    private readonly currentLesson: () => string | null,
    private readonly trans: TranslationBundle
  ) {
    super();
    model.changed.connect(this.onChanged, this);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.model.changed.disconnect(this.onChanged, this);
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element | null {
    const key = this.currentLesson();
    const lesson = key === null ? null : this.model.lesson(key);
    if (lesson === null) {
      return null;
    }
    const text = `${lesson.title}: ${lessonStateText(lesson, this.trans)}`;
    return <TextItem source={text} title={this.trans.__('Progress in this lesson')} />;
  }

  private onChanged(): void {
    this.update();
  }
}
