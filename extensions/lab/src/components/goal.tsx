import * as React from 'react';

import { type IGoal } from '../protocol';
import { Button } from './button';
import { type IPartProps } from './context';

/** The longest goal that is kept. */
const LONGEST = 500;

/** This week's goal: the learner's own words, ticked by the learner. */
export function Goal(props: IPartProps & { readonly goal: IGoal }): React.JSX.Element {
  const { goal } = props;
  const [editing, setEditing] = React.useState(false);
  const editButton = React.useRef<HTMLButtonElement>(null);
  const wasEditing = React.useRef(false);
  React.useEffect(() => {
    if (wasEditing.current && !editing) {
      // the form is gone: the focus goes back to where it came from
      editButton.current?.focus();
    }
    wasEditing.current = editing;
  }, [editing]);
  return (
    <div role="group" aria-labelledby="course-kit-goal">
      <h4 id="course-kit-goal">{props.trans.__('Your goal')}</h4>
      {editing ? (
        <Editor {...props} close={() => setEditing(false)} />
      ) : goal.text ? (
        <Kept {...props} edit={() => setEditing(true)} editButton={editButton} />
      ) : (
        <Suggested {...props} edit={() => setEditing(true)} editButton={editButton} />
      )}
    </div>
  );
}

interface IViewProps extends IPartProps {
  readonly goal: IGoal;
  readonly edit: () => void;
  readonly editButton: React.RefObject<HTMLButtonElement>;
}

function Kept({ edit, editButton, goal, model, trans }: IViewProps): React.JSX.Element {
  return (
    <div className="course-kit-goal">
      <label className="course-kit-check">
        <input
          type="checkbox"
          checked={goal.done}
          onChange={event => void model.study.setGoal(goal.text, event.target.checked)}
        />
        <span className={goal.done ? 'course-kit-mod-done' : undefined}>{goal.text}</span>
      </label>
      <Button ref={editButton} name={trans.__('Edit this week’s goal')} press={edit}>
        {trans.__('Edit')}
      </Button>
    </div>
  );
}

function Suggested({ edit, editButton, goal, model, trans }: IViewProps): React.JSX.Element {
  return (
    <>
      {goal.suggested && <p>{trans.__('Suggested: %1', goal.suggested)}</p>}
      <div className="course-kit-buttons">
        {goal.suggested && (
          <Button
            resting={model.busy}
            press={() => void model.study.setGoal(goal.suggested, false)}
          >
            {trans.__('Take this goal')}
          </Button>
        )}
        <Button ref={editButton} press={edit}>
          {goal.suggested ? trans.__('Write my own') : trans.__('Set a goal')}
        </Button>
      </div>
    </>
  );
}

function Editor(
  props: IPartProps & { readonly goal: IGoal; readonly close: () => void }
): React.JSX.Element {
  const { close, goal, model, trans } = props;
  const [text, setText] = React.useState(goal.text || goal.suggested);
  const save = async (): Promise<void> => {
    if (await model.study.setGoal(text.trim(), goal.done && text.trim() === goal.text)) {
      close();
    }
  };
  return (
    <form
      className="course-kit-form"
      onSubmit={event => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          close();
        }
      }}
    >
      <label htmlFor="course-kit-goal-text">
        {trans.__('What do you want to reach this week?')}
      </label>
      <input
        id="course-kit-goal-text"
        className="course-kit-input"
        autoFocus
        maxLength={LONGEST}
        value={text}
        onChange={event => setText(event.target.value)}
      />
      <div className="course-kit-buttons">
        <button type="submit" className="course-kit-button course-kit-mod-primary">
          {trans.__('Save')}
        </button>
        <Button press={close}>{trans.__('Cancel')}</Button>
      </div>
    </form>
  );
}
