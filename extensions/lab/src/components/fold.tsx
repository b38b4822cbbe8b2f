import * as React from 'react';

interface IFoldProps {
  /** Of the title, for whatever is labelled by it. */
  readonly id: string;
  readonly title: string;
  /** Of the heading that opens and closes it. */
  readonly level: 'h3' | 'h4' | 'h5';
  /** Short facts that stand beside the title, also while it is closed. */
  readonly beside?: React.ReactNode;
  /** Shown below the heading, also while it is closed. */
  readonly always?: React.ReactNode;
  /** Whether it should be open by itself; once it was, only the learner closes it. */
  readonly open: boolean;
  readonly children: () => React.ReactNode;
}

/** A heading that opens and closes what is below it; what is closed is not made at all. */
export function Fold(props: IFoldProps): React.JSX.Element {
  const { always, beside, children, id, level: Heading, open: wanted, title } = props;
  const [open, setOpen] = React.useState(wanted);
  React.useEffect(() => {
    if (wanted) {
      setOpen(true);
    }
  }, [wanted]);
  return (
    <>
      <Heading className="course-kit-fold">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="course-kit-fold-sign" aria-hidden="true" />
          <span className="course-kit-fold-title">
            <span id={id}>{title}</span>
            {beside && <> {beside}</>}
          </span>
        </button>
      </Heading>
      {always}
      {open && <div className="course-kit-fold-body">{children()}</div>}
    </>
  );
}
