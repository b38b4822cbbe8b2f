import * as React from 'react';

import { type INextStep } from '../protocol';
import { minutesText } from '../words';
import { Button } from './button';
import { type IPartProps } from './context';

/** Where to go on, how long it takes, and one button that goes there. */
export function NextStep(props: IPartProps & { readonly next: INextStep }): React.JSX.Element {
  const { model, next, trans } = props;
  const open = (): void => {
    const lesson = next.kind === 'lesson' ? model.lesson(next.key) : null;
    if (lesson) {
      void model.openLesson(lesson);
    } else if (next.path !== null) {
      void model.openPath(next.path);
    }
  };
  const label = trans.__('Open “%1”', next.title);
  return (
    <section className="course-kit-next" aria-labelledby="course-kit-next">
      <h3 id="course-kit-next">{trans.__('Next step')}</h3>
      <p>
        <strong>{next.title}</strong>
        {next.minutes !== null && (
          <span className="course-kit-quiet"> · {minutesText(next.minutes, trans)}</span>
        )}
      </p>
      {next.why && <p className="course-kit-quiet">{next.why}</p>}
      {next.path === null && next.url !== null ? (
        <a
          className="course-kit-button course-kit-mod-primary"
          href={next.url}
          target="_blank"
          rel="noopener noreferrer"
          onClick={open}
        >
          {label}
        </a>
      ) : (
        <Button resting={next.path === null} press={open} primary>
          {label}
        </Button>
      )}
    </section>
  );
}
