/** A new question in a notebook: which keys are free, what the cell's text becomes, and where it goes. */

import { type Notebook, type NotebookPanel } from '@jupyterlab/notebook';
import { type ServerConnection } from '@jupyterlab/services';

import { request } from './api';

/** A question to begin with; `text` is without its key. */
export interface ITemplate {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  readonly what: string;
  readonly key: string;
  readonly text: string;
}

const SETUP = '%load_ext course_kit';
const IS_SETUP = /^\s*%(re)?load_ext\s+course_kit\s*$/m;
const QUIZ = /^\s*%%quiz(?=\s|$)[ \t]*([^\n]*)/;

/** The templates of the installed course-kit. Rejects as every request does. */
export async function fetchTemplates(
  settings: ServerConnection.ISettings
): Promise<readonly ITemplate[]> {
  const answer = (await request(settings, 'GET', 'quiz-templates')) as {
    templates?: unknown;
  } | null;
  const found = Array.isArray(answer?.templates) ? (answer.templates as unknown[]) : [];
  return found.filter(isTemplate);
}

function isTemplate(value: unknown): value is ITemplate {
  const one = value as Record<string, unknown> | null;
  return (
    typeof one === 'object' &&
    one !== null &&
    ['name', 'kind', 'title', 'what', 'key', 'text'].every(field => typeof one[field] === 'string')
  );
}

/** Whether a code cell's text is a quiz. */
export function isQuiz(source: string): boolean {
  return QUIZ.test(source);
}

/** `key`, or with a number behind it where it is taken. */
export function freeKey(key: string, taken: ReadonlySet<string>): string {
  let free = key;
  for (let number = 2; taken.has(free); number++) {
    free = `${key}-${number}`;
  }
  return free;
}

/** The keys that the questions of a quiz cell bear. */
export function questionKeys(source: string): Set<string> {
  return new Set(Array.from(source.matchAll(/^ {0,3}key\s*:\s*(\S+)/gm), match => match[1] ?? ''));
}

/** The keys of the quizzes among the texts of code cells. */
export function quizKeys(sources: readonly string[]): Set<string> {
  return new Set(sources.map(source => QUIZ.exec(source)?.[1]?.trim() ?? '').filter(key => key));
}

/** The text of a quiz cell with one more question at its end. */
export function withQuestion(source: string, template: ITemplate): string {
  const item = `${template.text}\nkey: ${freeKey(template.key, questionKeys(source))}`;
  const above = source.trimEnd();
  // nothing but the first line: the question is the quiz's first
  return above.includes('\n') ? `${above}\n---\n${item}` : `${above}\n${item}`;
}

/** The text of a new quiz cell; `sources` are the texts of the notebook's code cells. */
export function newQuiz(sources: readonly string[], template: ITemplate): string {
  const key = freeKey('quiz', quizKeys(sources));
  return withQuestion(`%%quiz ${key}`, template);
}

/** Where a question would go: into the selected quiz, or into a new cell. */
export function targetOf(notebook: Notebook): 'quiz' | 'new' {
  const model = notebook.activeCell?.model;
  return model?.type === 'code' && isQuiz(model.sharedModel.getSource()) ? 'quiz' : 'new';
}

/**
 * Puts a question into the notebook and goes to it: at the end of the selected quiz, or in a new quiz cell below the
 * selected cell. A notebook that does not load course-kit yet gets the cell that does. One undo takes all of it back.
 */
export function insertQuestion(panel: NotebookPanel, template: ITemplate): void {
  const { content: notebook } = panel;
  const shared = notebook.model?.sharedModel;
  if (!shared) {
    return;
  }
  const sources = shared.cells.filter(cell => cell.cell_type === 'code').map(cell => cell.source);
  const active = notebook.activeCell;
  let index = notebook.activeCellIndex;
  if (active && targetOf(notebook) === 'quiz') {
    const cell = active.model.sharedModel;
    cell.transact(() => cell.setSource(withQuestion(cell.getSource(), template)));
  } else {
    shared.transact(() => {
      const loads = sources.some(source => IS_SETUP.test(source));
      index = shared.cells.length === 0 ? 0 : index + 1;
      shared.insertCell(index, {
        cell_type: 'code',
        source: newQuiz(sources, template),
        metadata: { trusted: true }
      });
      if (!loads) {
        const first = shared.cells.findIndex(cell => cell.cell_type === 'code');
        shared.insertCell(Math.max(0, first), {
          cell_type: 'code',
          source: SETUP,
          metadata: { trusted: true }
        });
        index += 1;
      }
    });
  }
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  void notebook.scrollToItem(index, 'smart').then(() => {
    notebook.mode = 'edit';
    const editor = notebook.activeCell?.editor;
    const source = notebook.activeCell?.model.sharedModel.getSource() ?? '';
    const last = Math.max(source.lastIndexOf('\n---\n'), -1);
    const position = editor?.getPositionAt(last < 0 ? source.indexOf('\n') + 1 : last + 5);
    if (editor && position) {
      editor.setCursorPosition(position);
      editor.focus();
    }
  });
}
