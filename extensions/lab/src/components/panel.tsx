import * as React from 'react';

import { type Content } from '../model';
import { type IPanel } from '../protocol';
import { percent } from '../words';
import { Assignments } from './assignments';
import { Button } from './button';
import { type IPartProps } from './context';
import { NextStep } from './next';
import { FirstRun, Note, Problem } from './notices';
import { Outline } from './outline';
import { Plan } from './plan';
import { Reviews } from './reviews';
import { Saved } from './saved';
import { Week } from './week';

/** The course panel, whatever its state. */
export function CoursePanelView(props: IPartProps): React.JSX.Element {
  const { model } = props;
  const node = React.useRef<HTMLDivElement>(null);
  const focused = React.useRef<Element | null>(null);
  React.useEffect(() => {
    // what had the focus is gone (a notice was dismissed): the focus stays in the panel, not at the page's start
    if (focused.current?.isConnected === false && document.activeElement === document.body) {
      node.current?.focus();
    }
  });
  return (
    <div
      ref={node}
      className="course-kit-Panel-content"
      aria-busy={model.content.kind === 'loading'}
      tabIndex={-1}
      onFocus={event => (focused.current = event.target)}
      onBlur={event => {
        if (event.relatedTarget !== null) {
          focused.current = null;
        }
      }}
    >
      <Body {...props} content={model.content} />
    </div>
  );
}

function Body(props: IPartProps & { readonly content: Content }): React.JSX.Element {
  const { content, model, trans } = props;
  switch (content.kind) {
    case 'loading':
      return <p className="course-kit-quiet">{trans.__('Loading the course…')}</p>;
    case 'error':
      return (
        <>
          <h2>{trans.__('Course')}</h2>
          <Problem
            trouble={content.trouble}
            trans={trans}
            action={{ label: trans.__('Try again'), run: () => void model.refresh() }}
          />
          <OpenCourse {...props} />
        </>
      );
    case 'empty':
      return <Empty {...props} content={content} />;
    case 'ready':
      return <Course {...props} panel={content.panel} />;
  }
}

function Empty(
  props: IPartProps & { readonly content: Extract<Content, { kind: 'empty' }> }
): React.JSX.Element {
  const { content, model, trans } = props;
  return (
    <>
      <h2>{trans.__('No course is open')}</h2>
      <Troubles {...props} />
      <p>
        {trans.__(
          'Open the file, the folder or the link that you were given. Your progress, this week’s goal and what is due appear here.'
        )}
      </p>
      <OpenCourse {...props} primary />
      {content.workspaces.length > 0 && (
        <section aria-labelledby="course-kit-workspaces">
          <h3 id="course-kit-workspaces">{trans.__('Your courses')}</h3>
          <ul className="course-kit-list">
            {content.workspaces.map(workspace => (
              <li key={workspace.folder}>
                <button
                  className="course-kit-entry"
                  onClick={() => void model.openWorkspace(workspace)}
                >
                  <span className="course-kit-entry-title">
                    {workspace.title ?? workspace.course}
                  </span>
                  <span className="course-kit-quiet">{workspace.folder}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Course(props: IPartProps & { readonly panel: IPanel }): React.JSX.Element {
  const { panel, trans } = props;
  const { course } = panel;
  return (
    <>
      <div className="course-kit-head">
        <h2>{course.title}</h2>
        <div className="course-kit-progress">
          <progress
            aria-label={trans.__('Progress in the course')}
            max={1}
            value={panel.fraction}
          />
          <span>{percent(panel.fraction)}</span>
        </div>
      </div>
      <Troubles {...props} />
      {panel.message && <p className="course-kit-notice">{panel.message}</p>}
      <FirstRun {...props} panel={panel} />
      <NextStep {...props} panel={panel} />
      <Week {...props} panel={panel} />
      {panel.reviews && <Reviews {...props} reviews={panel.reviews} />}
      <Outline {...props} panel={panel} key={course.key} />
      <Assignments {...props} panel={panel} key={`${course.key}/assignments`} />
      <Plan {...props} panel={panel} />
      <Saved {...props} panel={panel} />
      <div className="course-kit-foot">
        <Links {...props} panel={panel} />
        <OpenCourse {...props} />
        <p className="course-kit-quiet" title={course.release}>
          {trans.__('Release %1', course.release.slice(0, 12))}
        </p>
      </div>
    </>
  );
}

function Troubles({ model, trans }: IPartProps): React.JSX.Element {
  return (
    <>
      {model.trouble && (
        <Problem
          trouble={model.trouble}
          trans={trans}
          action={
            model.isStale
              ? { label: trans.__('Try again'), run: () => void model.refresh() }
              : { label: trans.__('Dismiss'), run: () => model.dismissTrouble() }
          }
        />
      )}
      {model.note && (
        <Note text={model.note} trans={trans} dismiss={() => model.dismissTrouble()} />
      )}
    </>
  );
}

function OpenCourse({
  actions,
  model,
  primary,
  trans
}: IPartProps & { readonly primary?: boolean }): React.JSX.Element {
  return (
    <div className="course-kit-buttons">
      <Button resting={model.busy} press={() => actions.openCourse()} primary={primary}>
        {trans.__('Open course…')}
      </Button>
      {actions.grade && <Button press={actions.grade}>{trans.__('Grade submissions…')}</Button>}
    </div>
  );
}

function Links({
  panel,
  trans
}: IPartProps & { readonly panel: IPanel }): React.JSX.Element | null {
  const links = [
    { href: panel.course.live, text: trans.__('Live session') },
    { href: panel.course.forum, text: trans.__('Forum') },
    { href: panel.course.contact, text: trans.__('Ask your instructor') }
  ].filter(({ href }) => /^(https?:\/\/|mailto:)/.test(href));
  if (links.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="course-kit-links">
      <h3 id="course-kit-links">{trans.__('Help')}</h3>
      <ul className="course-kit-list">
        {links.map(({ href, text }) => (
          <li key={text}>
            <a className="course-kit-link" href={href} target="_blank" rel="noopener noreferrer">
              {text}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
