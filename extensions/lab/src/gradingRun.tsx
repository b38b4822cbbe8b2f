import { type TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Button } from './components/button';
import { Problem } from './components/notices';
import { type IAssignmentBatch, type IBatch, type IFlag, type ILayer, type Timed } from './grading';
import { type Run } from './gradingModel';
import { type IGradingProps } from './gradingView';
import {
  batchText,
  commandText,
  countsText,
  effortText,
  peopleText,
  pointsText,
  progressText,
  secondsText,
  statusText
} from './gradingWords';

/** Running notebooks that are listed. */
const SHOWN = 6;

/** The batch in view: how it goes, or what came of it. */
export function RunView(props: IGradingProps): React.JSX.Element | null {
  const { model, trans } = props;
  const { run } = model;
  const heading = React.useRef<HTMLHeadingElement>(null);
  const kind = run?.kind ?? null;
  const before = React.useRef(kind);
  React.useEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (before.current === 'running' && kind !== 'running' && isLost) {
      // the button to stop is gone, and the focus with it
      heading.current?.focus();
    }
    before.current = kind;
  }, [kind]);
  if (run === null) {
    return null;
  }
  return (
    <section className="course-kit-run" aria-labelledby="course-kit-grading-run">
      <h3 id="course-kit-grading-run" ref={heading} tabIndex={-1}>
        {titleText(run, trans)}
      </h3>
      {run.kind === 'running' ? <Running {...props} run={run} /> : <Ended {...props} run={run} />}
    </section>
  );
}

function titleText(run: Run, trans: TranslationBundle): string {
  switch (run.kind) {
    case 'running':
      return run.assignment === null
        ? trans.__('Grading all assignments')
        : trans.__('Grading %1', run.assignment);
    case 'done':
      return trans.__('Grading is done');
    case 'stopped':
      return trans.__('Grading was stopped');
    case 'failed':
      return trans.__('Grading did not work');
  }
}

type Running = Extract<Run, { kind: 'running' }>;

function Running({
  model,
  run,
  trans
}: IGradingProps & { readonly run: Running }): React.JSX.Element {
  const { state } = run;
  const label = trans.__('Submissions graded of %1', state?.assignment ?? run.assignment ?? '…');
  const total = state?.total ?? 0;
  const failures = countsText(state?.failures ?? {}, trans);
  return (
    <>
      {state !== null && state.of > 1 && (
        <p>
          {trans.__(
            '%1 (assignment %2 of %3)',
            state.assignment,
            String(state.number),
            String(state.of)
          )}
        </p>
      )}
      <progress aria-label={label} max={total || 1} value={total > 0 ? state?.done : undefined} />
      <p>{run.isStopping ? trans.__('Stopping…') : progressText(state, trans)}</p>
      <Button primary resting={run.isStopping || run.task === null} press={() => void model.stop()}>
        {trans.__('Stop')}
      </Button>
      <Notebooks title={trans.__('Running now')} notebooks={state?.running ?? []} trans={trans} />
      <Notebooks
        title={trans.__('Slowest so far')}
        notebooks={state?.slowest ?? []}
        trans={trans}
      />
      {failures && <p>{trans.__('To look at: %1', failures)}</p>}
      <Sandbox layers={state?.layers ?? []} missing={state?.missing_layers ?? []} trans={trans} />
    </>
  );
}

function Notebooks(props: {
  readonly title: string;
  readonly notebooks: readonly Timed[];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { notebooks, title, trans } = props;
  if (notebooks.length === 0) {
    return null;
  }
  return (
    <>
      <h4>{title}</h4>
      <ul className="course-kit-reasons">
        {notebooks.slice(0, SHOWN).map(([learner, notebook, seconds]) => (
          <li key={`${learner}/${notebook}`}>
            {trans.__('%1, %2', learner, notebook)}{' '}
            <span className="course-kit-quiet">{secondsText(seconds, trans)}</span>
          </li>
        ))}
        {notebooks.length > SHOWN && (
          <li>{trans.__('and %1 more', String(notebooks.length - SHOWN))}</li>
        )}
      </ul>
    </>
  );
}

/** Which layers of the sandbox are in force, and what is lost with the others. */
function Sandbox(props: {
  readonly layers: readonly string[];
  readonly missing: readonly ILayer[];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { layers, missing, trans } = props;
  if (layers.length + missing.length === 0) {
    return null;
  }
  return (
    <>
      <p>
        {layers.length > 0
          ? trans.__('Sandbox: %1.', layers.join(', '))
          : trans.__('No sandbox: submitted code can do what you can.')}
      </p>
      {missing.length > 0 && (
        <ul className="course-kit-reasons" aria-label={trans.__('Layers that are missing')}>
          {missing.map(layer => (
            <li key={layer.name}>
              {layer.protects
                ? trans.__('Without %1 (%2): %3', layer.name, layer.protects, layer.lost)
                : trans.__('Without %1: %2', layer.name, layer.lost)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

type Ended = Exclude<Run, { kind: 'running' }>;

function Ended(props: IGradingProps & { readonly run: Ended }): React.JSX.Element {
  const { model, run, trans } = props;
  return (
    <>
      {run.trouble && (
        <Problem
          trouble={run.trouble}
          trans={trans}
          action={{ label: trans.__('Dismiss'), run: () => model.forgetRun() }}
        />
      )}
      {run.kind === 'stopped' && (
        <p>{trans.__('What is graded stays. Grade again to go on where it was.')}</p>
      )}
      {run.batches.map(one => (
        <AssignmentBatch key={one.assignment} {...props} one={one} />
      ))}
      {run.trouble === null && (
        <Button press={() => model.forgetRun()}>{trans.__('Hide the result')}</Button>
      )}
    </>
  );
}

function AssignmentBatch(
  props: IGradingProps & { readonly one: IAssignmentBatch }
): React.JSX.Element {
  const { model, one, trans } = props;
  const { assignment, batch, error } = one;
  const course = model.course ?? '.';
  return (
    <>
      <h4>{assignment}</h4>
      {error && (
        <p>
          <strong>{error.message}</strong> {error.hint}
        </p>
      )}
      {batch && (
        <>
          <p>{batchText(batch, trans)}</p>
          <p className="course-kit-quiet">{effortText(batch, trans)}</p>
          <Scores assignment={assignment} batch={batch} trans={trans} />
          <Flags title={trans.__('Suspected tests')} flags={batch.suspects} trans={trans} />
          <Flags title={trans.__('Tests to look at')} flags={batch.flags} trans={trans} />
          {batch.pending.length > 0 && (
            <>
              <h5>{trans.__('Changes that wait for your yes')}</h5>
              <p>
                {trans.__(
                  'The tests or cells changed since these submissions were graded; they kept the recorded ones. See whose score would change, in a terminal:'
                )}{' '}
                <code>{commandText(course, 'grade', assignment, '--preview')}</code>
              </p>
              <ul className="course-kit-reasons">
                {batch.pending.map(change => (
                  <li key={change}>{change}</li>
                ))}
              </ul>
            </>
          )}
          <Sandbox
            layers={batch.layers.filter(layer => layer.present).map(layer => layer.name)}
            missing={batch.layers.filter(layer => !layer.present)}
            trans={trans}
          />
          <p>
            {trans.__('Next, in a terminal:')}{' '}
            <code>{commandText(course, 'publish', assignment)}</code>
          </p>
        </>
      )}
    </>
  );
}

function Scores(props: {
  readonly assignment: string;
  readonly batch: IBatch;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { assignment, batch, trans } = props;
  const caption = trans.__('Scores of %1', assignment);
  if (batch.submissions.length === 0) {
    return null;
  }
  return (
    <div className="course-kit-scroll" role="region" aria-label={caption} tabIndex={0}>
      <table className="course-kit-table">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Learner')}</th>
            <th scope="col">{trans.__('Score')}</th>
            <th scope="col">{trans.__('Status and detail')}</th>
          </tr>
        </thead>
        <tbody>
          {batch.submissions.map(score => (
            <tr key={score.learner}>
              <th scope="row">{score.learner}</th>
              <td className="course-kit-number">{pointsText(score, trans)}</td>
              <td>
                {score.status === 'graded' ? (
                  statusText(score.status, trans)
                ) : (
                  <strong>{statusText(score.status, trans)}</strong>
                )}
                {score.detail && <div>{score.detail}</div>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Flags(props: {
  readonly title: string;
  readonly flags: readonly IFlag[];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { flags, title, trans } = props;
  if (flags.length === 0) {
    return null;
  }
  return (
    <>
      <h5>{title}</h5>
      <ul className="course-kit-reasons">
        {flags.map((flag, index) => (
          <li key={index}>
            {(flag.cell || flag.notebook) && (
              <strong>{[flag.cell, flag.notebook].filter(Boolean).join(', ')}: </strong>
            )}
            {flag.text} <span className="course-kit-quiet">{peopleText(flag.learners, trans)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
