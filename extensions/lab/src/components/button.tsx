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
}

/** A button of the panel. */
export const Button = React.forwardRef<HTMLButtonElement, IButtonProps>(function Button(
  { children, expanded, name, press, primary, resting },
  ref
) {
  return (
    <button
      ref={ref}
      type="button"
      className={primary ? 'course-kit-button course-kit-mod-primary' : 'course-kit-button'}
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
