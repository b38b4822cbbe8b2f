/// <reference types="vite/client" />
/** Whatever a person reads or hears in a view goes through the translator: no text stands in the markup itself. */

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SPOKEN = [
  'aria-label',
  'aria-description',
  'alt',
  'title',
  'placeholder',
  'label',
  'name',
  'beside'
];
const WORD = /\p{L}{2}/u;

/** The texts in `source` that a translator would not see, each with its line. */
function rawTexts(name: string, source: string): string[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const note = (node: ts.Node, text: string): void => {
    if (WORD.test(text)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${name}:${line + 1}: ${text.trim()}`);
    }
  };
  const isLiteral = (node: ts.Node): node is ts.StringLiteral | ts.TemplateLiteral =>
    ts.isStringLiteral(node) || ts.isTemplateLiteral(node);
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) {
      note(node, node.text);
    } else if (ts.isJsxAttribute(node) && SPOKEN.includes(node.name.getText())) {
      const value = node.initializer;
      const inner = value && ts.isJsxExpression(value) ? value.expression : value;
      // a radio button's name is for the browser, and is heard by nobody
      const isField = ['input', 'fieldset'].includes(node.parent.parent.tagName.getText());
      if (inner && isLiteral(inner) && !isField) {
        note(inner, inner.getText().replace(/\$\{[^}]*\}/g, ''));
      }
    } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) {
      const { expression } = node;
      const parts =
        expression && ts.isConditionalExpression(expression)
          ? [expression.whenTrue, expression.whenFalse]
          : expression && ts.isBinaryExpression(expression)
            ? [expression.right]
            : [expression];
      parts.forEach(
        part => part && isLiteral(part) && note(part, part.getText().replace(/\$\{[^}]*\}/g, ''))
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('the views', () => {
  const files = Object.entries(
    import.meta.glob<string>('../src/**/*.tsx', { query: '?raw', import: 'default', eager: true })
  );

  it('are found', () => {
    expect(files.length).toBeGreaterThan(15);
  });

  it.each(files)('leave no text to the translator unknown: %s', (name, source) => {
    expect(rawTexts(name, source)).toEqual([]);
  });

  it('would be caught', () => {
    const source = `
      const a = <p title="A title">Some text {b ? 'one way' : other} {c && \`said \${d}\`}</p>;
      const e = <Button name={'Said'} className="fine" data-name="fine">{trans.__('Fine')} · <X title={f} /></Button>;
    `;
    expect(rawTexts('x.tsx', source).map(text => text.replace(/^\S+ /, ''))).toEqual([
      '"A title"',
      'Some text',
      "'one way'",
      '`said `',
      "'Said'"
    ]);
  });
});
