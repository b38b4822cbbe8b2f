import * as React from 'react';

interface IButtonProps {
  readonly children: React.ReactNode;
  readonly press: () => void;
  /** What a screen reader says, where the text alone would not do; it begins with the text. */
  readonly name?: string;
  /** Whether pressing does nothing for now. The button keeps the focus, which a disabled one would lose. */
  readonly resting?: boolean;
  readonly primary?: boolean;
  /** Whether what the button shows is shown; left out where it shows nothing. */
  readonly expanded?: boolean;
  readonly className?: string;
}

/** A button of the panel. */
export const Button = React.forwardRef<HTMLButtonElement, IButtonProps>(function Button(
  { children, className, expanded, name, press, primary, resting },
  ref
) {
  const classes = ['course-kit-button', primary ? 'course-kit-mod-primary' : '', className ?? ''];
  return (
    <button
      ref={ref}
      type="button"
      className={classes.filter(Boolean).join(' ')}
      aria-expanded={expanded}
      aria-label={name}
      aria-disabled={resting ? true : undefined}
      onClick={() => {
        if (!resting) {
          press();
        }
      }}
    >
      {children}
    </button>
  );
});
