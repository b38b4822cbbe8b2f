import * as React from 'react';

import { dayText, minutesText } from '../dates';
import { type IPanel } from '../protocol';
import { type IPlan, type IPlanMilestone } from '../protocolWeek';
import { Button } from './button';
import { Calendar } from './calendar';
import { type IPartProps } from './context';
import { Details } from './details';
import { Fold } from './fold';

interface IPlanProps extends IPartProps {
  readonly plan: IPlan;
}

/** Hours in, a finish out; a pause, a new start, and a calendar of what is due. */
export function Plan(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element | null {
  const { now, panel, trans } = props;
  const { calendar, plan } = panel;
  if (!plan && !calendar) {
    return null;
  }
  const beside = plan?.paused_since
    ? trans.__('paused')
    : plan?.finish
      ? trans.__('done about %1', dayText(plan.finish.expected, now))
      : '';
  return (
    <section aria-labelledby="course-kit-plan">
      <Fold
        id="course-kit-plan"
        title={trans.__('Plan')}
        level="h3"
        beside={<Details parts={[beside]} />}
        open={Boolean(plan?.paused_since)}
      >
        {() => (
          <>
            {plan && <Finish {...props} plan={plan} />}
            {plan && <Hours {...props} plan={plan} key={plan.hours_per_week} />}
            {plan && <Pause {...props} plan={plan} />}
            {plan && plan.milestones.length > 0 && <Milestones {...props} plan={plan} />}
            {calendar && <Calendar {...props} calendar={calendar} />}
          </>
        )}
      </Fold>
    </section>
  );
}

function Finish({ plan, trans }: IPlanProps): React.JSX.Element {
  return (
    <>
      {plan.text && (
        <p className={plan.paused_since === null ? undefined : 'course-kit-paused'}>{plan.text}</p>
      )}
      {plan.minutes_left > 0 && (
        <p>{trans.__('Left to do: %1.', minutesText(plan.minutes_left, trans))}</p>
      )}
    </>
  );
}

function Hours({ model, plan, trans }: IPlanProps): React.JSX.Element {
  const kept = plan.hours_per_week === null ? '' : String(plan.hours_per_week);
  const [text, setText] = React.useState(kept);
  const [wrong, setWrong] = React.useState(false);
  const save = (): void => {
    const isNothing = text.trim() === '' && plan.hours_per_week !== null;
    const hours = Number(text.trim().replace(',', '.'));
    const isGood = isNothing || (text.trim() !== '' && hours > 0 && hours <= 100);
    setWrong(!isGood);
    if (isGood && !model.busy) {
      // who empties the field takes back what they said
      void model.study.setHours(isNothing ? null : hours);
    }
  };
  return (
    <form
      className="course-kit-hours"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        save();
      }}
    >
      <label htmlFor="course-kit-hours">{trans.__('Hours a week that you have for it')}</label>
      <input
        id="course-kit-hours"
        className="course-kit-input"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        aria-invalid={wrong}
        aria-describedby={wrong ? 'course-kit-hours-wrong' : undefined}
        onChange={event => setText(event.target.value)}
      />
      <button type="submit" className="course-kit-button">
        {trans.__('Plan with it')}
      </button>
      {wrong && (
        <p id="course-kit-hours-wrong" role="alert" className="course-kit-wrong">
          {trans.__('Enter a number between 0 and 100, such as 4 or 2.5.')}
        </p>
      )}
    </form>
  );
}

function Pause({ actions, model, plan, trans }: IPlanProps): React.JSX.Element {
  return (
    <div className="course-kit-buttons">
      {plan.paused_since === null ? (
        <Button resting={model.busy} press={() => actions.pause()}>
          {trans.__('Pause…')}
        </Button>
      ) : (
        <Button resting={model.busy} press={() => void model.study.resume()} primary>
          {trans.__('Go on')}
        </Button>
      )}
      <Button resting={model.busy} press={() => actions.startOver()}>
        {trans.__('Start over from today…')}
      </Button>
    </div>
  );
}

function Milestones(props: IPlanProps): React.JSX.Element {
  const { now, plan, trans } = props;
  const state = (milestone: IPlanMilestone): string =>
    milestone.state === 'reached'
      ? trans.__('reached')
      : milestone.state === 'late'
        ? trans.__('later than the course asks')
        : '';
  return (
    <Fold
      id="course-kit-plan-milestones"
      title={trans.__('When you finish each unit')}
      level="h4"
      open={false}
    >
      {() => (
        <ul className="course-kit-list" aria-labelledby="course-kit-plan-milestones">
          {plan.milestones.map(milestone => (
            <li key={milestone.unit} className="course-kit-skill">
              <strong>{milestone.title}</strong>{' '}
              <Details
                parts={[
                  state(milestone),
                  milestone.state !== 'reached' && milestone.planned_at
                    ? trans.__('at your pace %1', dayText(milestone.planned_at, now))
                    : '',
                  milestone.pace_at
                    ? trans.__(
                        'the course asks for %1',
                        dayText(milestone.pace_day ?? milestone.pace_at, now)
                      )
                    : ''
                ]}
              />
            </li>
          ))}
        </ul>
      )}
    </Fold>
  );
}
