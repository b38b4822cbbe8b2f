import * as React from 'react';

import { type ICalendar } from '../protocolWeek';
import { Button } from './button';
import { type IPartProps } from './context';

/** An address that calendar programs ask for what is due, while the learner wants one. */
export function Calendar(props: IPartProps & { readonly calendar: ICalendar }): React.JSX.Element {
  const { actions, model, trans } = props;
  const { feed } = model.study;
  const [copied, setCopied] = React.useState(false);
  const toggle = React.useRef<HTMLButtonElement>(null);
  const isOn = feed !== null;
  const wasOn = React.useRef(isOn);
  React.useEffect(() => {
    if (wasOn.current !== isOn) {
      // the button that was pressed is another now: the focus goes where it would be looked for
      toggle.current?.focus();
      setCopied(false);
    }
    wasOn.current = isOn;
  }, [isOn]);
  return (
    <div role="group" aria-labelledby="course-kit-calendar">
      <h4 id="course-kit-calendar">{trans.__('Calendar')}</h4>
      {feed === null ? (
        <>
          <p className="course-kit-quiet">
            {trans.__(
              'Your due dates and milestones in the calendar that you use anyway. Whoever has the address sees these dates, and nothing else of you.'
            )}
          </p>
          <Button
            ref={toggle}
            resting={model.busy}
            press={() => void model.study.setCalendar(true)}
          >
            {trans.__('Make a calendar address')}
          </Button>
        </>
      ) : (
        <>
          <label htmlFor="course-kit-feed">{trans.__('Address for your calendar program')}</label>
          <input
            id="course-kit-feed"
            className="course-kit-input"
            readOnly
            value={feed}
            onFocus={event => event.target.select()}
          />
          <div className="course-kit-buttons">
            <Button
              press={() => {
                actions.copy(feed);
                setCopied(true);
                model.announce(trans.__('The address is copied.'));
              }}
            >
              {copied ? trans.__('Copied') : trans.__('Copy the address')}
            </Button>
            <a className="course-kit-button" href={feed} download={`${courseKey(props)}.ics`}>
              {trans.__('Download the dates (.ics)')}
            </a>
            <Button
              ref={toggle}
              resting={model.busy}
              press={() => void model.study.setCalendar(false)}
            >
              {trans.__('Turn off')}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function courseKey({ model }: IPartProps): string {
  return model.panel?.course.key ?? 'course';
}
