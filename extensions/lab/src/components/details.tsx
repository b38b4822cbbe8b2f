import * as React from 'react';

/** Short facts about an entry in one quiet line: `Open · 17 questions · 40 min`. Empty ones are left out. */
export function Details({ parts }: { readonly parts: readonly string[] }): React.JSX.Element {
  return (
    <span className="course-kit-quiet">
      {parts.filter(Boolean).map((part, index) => (
        <React.Fragment key={index}>
          {index > 0 ? ' · ' : ' '}
          <span className="course-kit-detail">{part}</span>
        </React.Fragment>
      ))}
    </span>
  );
}
