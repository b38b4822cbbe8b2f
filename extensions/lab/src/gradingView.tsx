/** The grading view: assignments, the batch that runs, what it found, and the decisions that it waits for. */

import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Button } from './components/button';
import { Details } from './components/details';
import { Problem } from './components/notices';
import { type IGradedAssignment } from './grading';
import { Held } from './gradingHeld';
import { type GradingModel } from './gradingModel';
import { RunView } from './gradingRun';
import { assignmentText, commandText } from './gradingWords';

export interface IGradingActions {
  /** Asks before many decisions are taken at once. */
  readonly confirmAll: (accept: boolean, count: number) => Promise<boolean>;
  /** Opens nbgrader's formgrader; null where it is not there. */
  readonly openFormgrader: (() => void) | null;
}

export interface IGradingProps {
  readonly model: GradingModel;
  readonly actions: IGradingActions;
  readonly trans: TranslationBundle;
}

export function GradingView(props: IGradingProps): React.JSX.Element {
  const { actions, model, trans } = props;
  const { overview } = model;
  return (
    <div className="course-kit-Panel-content">
      <h2>{trans.__('Grade submissions')}</h2>
      {model.trouble && (
        <Problem
          trouble={model.trouble}
          trans={trans}
          action={{ label: trans.__('Dismiss'), run: () => model.forgetTrouble() }}
        />
      )}
      {overview === null || !overview.available ? (
        <p>
          {overview === null
            ? trans.__('Looking for courses…')
            : trans.__('There is no course to be graded in JupyterLab’s folder.')}
        </p>
      ) : (
        <Course {...props} />
      )}
      <div className="course-kit-buttons">
        <Button resting={model.isBusy} press={() => void model.refresh()}>
          {trans.__('Refresh')}
        </Button>
        {actions.openFormgrader !== null && (
          <Button press={actions.openFormgrader}>{trans.__('Open formgrader')}</Button>
        )}
      </div>
    </div>
  );
}

function Course(props: IGradingProps): React.JSX.Element {
  const { model, trans } = props;
  const { overview } = model;
  const assignments = overview?.assignments ?? [];
  const resting = model.isRunning || model.isBusy;
  const submitted = assignments.filter(one => one.submitted > 0);
  return (
    <>
      <Courses {...props} />
      {overview?.trouble && (
        <Problem
          trouble={{
            where: trans.__('Reading the course'),
            what: overview.trouble.message,
            next: overview.trouble.hint
          }}
          trans={trans}
          action={{ label: trans.__('Try again'), run: () => void model.refresh() }}
        />
      )}
      <RunView {...props} />
      <section aria-labelledby="course-kit-grading-assignments">
        <h3 id="course-kit-grading-assignments">{trans.__('Assignments')}</h3>
        {submitted.length > 1 && (
          <Button primary resting={resting} press={() => void model.start(null)}>
            {trans.__('Grade all assignments')}
          </Button>
        )}
        {submitted.length === 0 && <p>{trans.__('Nothing was handed in yet.')}</p>}
        <ul className="course-kit-list">
          {assignments.map(one => (
            <li key={one.key} className="course-kit-assignment">
              <Assignment {...props} assignment={one} />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Courses({ model, trans }: IGradingProps): React.JSX.Element {
  const courses = model.overview?.courses ?? [];
  const named = (folder: string): string =>
    folder === '.' ? trans.__('JupyterLab’s own folder') : folder;
  if (courses.length < 2) {
    return <p className="course-kit-quiet">{trans.__('Course: %1', named(model.course ?? '.'))}</p>;
  }
  return (
    <div className="course-kit-form">
      <label htmlFor="course-kit-grading-course">{trans.__('Course')}</label>
      <select
        id="course-kit-grading-course"
        className="course-kit-input"
        value={model.course ?? ''}
        disabled={model.isRunning}
        onChange={event => void model.refresh(event.target.value)}
      >
        {courses.map(folder => (
          <option key={folder} value={folder}>
            {named(folder)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Assignment(
  props: IGradingProps & { readonly assignment: IGradedAssignment }
): React.JSX.Element {
  const { assignment, model, trans } = props;
  const { key } = assignment;
  const resting = model.isRunning || model.isBusy;
  const isHeldShown = model.held(key) !== null;
  const named = (label: string): string => trans.__('%1: %2', label, key);
  const grade = trans.__('Grade');
  const again = trans.__('Grade all again');
  const held = isHeldShown ? trans.__('Hide held points') : trans.__('Held points');
  return (
    <>
      <h4>{key}</h4>
      <p>
        <Details parts={assignmentText(assignment, trans)} />
      </p>
      {assignment.trouble && <p>{assignment.trouble}</p>}
      {assignment.changes > 0 && (
        <p>
          {trans.__('Its tests or cells changed; submissions keep the recorded ones. To see more:')}{' '}
          <code>{commandText(model.course ?? '.', 'grade', key, '--preview')}</code>
        </p>
      )}
      {assignment.submitted > 0 && (
        <div className="course-kit-buttons">
          <Button primary name={named(grade)} resting={resting} press={() => void model.start(key)}>
            {grade}
          </Button>
          {assignment.graded > 0 && (
            <>
              <Button
                name={named(again)}
                resting={resting}
                press={() => void model.start(key, true)}
              >
                {again}
              </Button>
              <Button
                name={named(held)}
                expanded={isHeldShown}
                resting={model.isBusy}
                press={() => (isHeldShown ? model.hideHeld(key) : void model.showHeld(key))}
              >
                {held}
              </Button>
            </>
          )}
        </div>
      )}
      <Held {...props} assignment={key} />
    </>
  );
}
