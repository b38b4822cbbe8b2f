import * as React from 'react';

import { minutesText } from '../dates';
import { type INextStep, type IPanel } from '../protocol';
import { Button } from './button';
import { type IPartProps } from './context';

/** Where to go on, how long it takes, and one button that goes there. */
export function NextStep(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element {
  const { panel, trans } = props;
  return (
    <section className="course-kit-next" aria-labelledby="course-kit-next">
      <h3 id="course-kit-next">{trans.__('Next step')}</h3>
      {panel.next ? (
        <Go {...props} next={panel.next} />
      ) : panel.fraction >= 1 ? (
        <>
          <p>
            <strong>{trans.__('You have finished this course.')}</strong>
          </p>
          <p className="course-kit-quiet">
            {panel.reviews?.skills.length
              ? trans.__('Short reviews keep what you have learned: they come up below.')
              : trans.__('Every lesson stays open, to come back to.')}
          </p>
        </>
      ) : (
        <p>{trans.__('Nothing is open right now. The outline says what opens next, and when.')}</p>
      )}
    </section>
  );
}

function Go({ model, next, trans }: IPartProps & { readonly next: INextStep }): React.JSX.Element {
  const label = trans.__('Open “%1”', next.title);
  return (
    <>
      <p>
        <strong>{next.title}</strong>
        {next.minutes !== null && (
          <span className="course-kit-quiet"> · {minutesText(next.minutes, trans)}</span>
        )}
      </p>
      {next.why && <p className="course-kit-quiet">{next.why}</p>}
      {next.path === null && next.url !== null ? (
        <a
          className="course-kit-button course-kit-mod-primary course-kit-go"
          href={next.url}
          target="_blank"
          rel="noopener noreferrer"
          onClick={() => void model.openNext()}
        >
          {label}
        </a>
      ) : (
        <Button
          className="course-kit-go"
          resting={next.path === null}
          press={() => void model.openNext()}
          primary
        >
          {label}
        </Button>
      )}
    </>
  );
}
