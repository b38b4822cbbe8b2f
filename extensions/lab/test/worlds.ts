/** What the tests share: the golden panel, a server that does as it is told, a storage, documents. */

import { nullTranslator } from '@jupyterlab/translation';

import golden from '../../../tests/golden/panel.json';
import { type ICourseApi } from '../src/api';
import { CourseModel, type IDocuments, type IFactSink } from '../src/model';
import { type IPanel, type IStampedFact, type PageFact, parsePanel } from '../src/protocol';

export const trans = nullTranslator.load('course_kit');

export function goldenPanel(): IPanel {
  const panel = parsePanel(structuredClone(golden));
  if (panel.course === null) {
    throw new Error('the golden panel has a course');
  }
  return panel;
}

/** The golden panel with one lesson changed. */
export function withLesson(key: string, change: object): IPanel {
  const panel = goldenPanel();
  return {
    ...panel,
    units: panel.units.map(unit => ({
      ...unit,
      lessons: unit.lessons.map(lesson => (lesson.key === key ? { ...lesson, ...change } : lesson))
    }))
  };
}

/** A server of which each test says what it answers; what it was asked is in `asked`. */
export class Server implements ICourseApi {
  readonly asked: unknown[][] = [];

  constructor(private readonly answers: Partial<Record<keyof ICourseApi, unknown[]>>) {}

  panel = this.endpoint('panel') as ICourseApi['panel'];
  facts = this.endpoint('facts') as ICourseApi['facts'];
  goal = this.endpoint('goal') as ICourseApi['goal'];
  open = this.endpoint('open') as ICourseApi['open'];
  restore = this.endpoint('restore') as ICourseApi['restore'];
  bringOver = this.endpoint('bringOver') as ICourseApi['bringOver'];
  check = this.endpoint('check') as ICourseApi['check'];
  task = this.endpoint('task') as ICourseApi['task'];
  cancelTask = this.endpoint('cancelTask') as ICourseApi['cancelTask'];
  previewSubmission = this.endpoint('previewSubmission') as ICourseApi['previewSubmission'];
  submit = this.endpoint('submit') as ICourseApi['submit'];
  feedback = this.endpoint('feedback') as ICourseApi['feedback'];
  review = this.endpoint('review') as ICourseApi['review'];
  pace = this.endpoint('pace') as ICourseApi['pace'];
  calendar = this.endpoint('calendar') as ICourseApi['calendar'];

  address(path: string): string {
    return `http://127.0.0.1:8888${path}`;
  }

  /** Answers come in order; the last one repeats; errors are thrown. */
  private endpoint(name: keyof ICourseApi): (...args: unknown[]) => Promise<unknown> {
    return (...args) => {
      this.asked.push([name, ...args]);
      const answers = this.answers[name] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) {
        return Promise.reject(answer);
      }
      if (answer === undefined) {
        return Promise.reject(new Error(`the test has no answer to ${name}`));
      }
      return Promise.resolve(answer);
    };
  }
}

export class Desk implements IDocuments {
  readonly did: string[] = [];

  open(path: string): Promise<void> {
    this.did.push(`open ${path}`);
    return Promise.resolve();
  }

  save(path: string): Promise<void> {
    this.did.push(`save ${path}`);
    return Promise.resolve();
  }

  reload(path: string): Promise<void> {
    this.did.push(`reload ${path}`);
    return Promise.resolve();
  }
}

export class Facts implements IFactSink {
  readonly added: [string, PageFact][] = [];
  pending = 0;

  add(path: string, fact: PageFact): void {
    this.added.push([path, fact]);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}

export interface IWorld {
  readonly model: CourseModel;
  readonly server: Server;
  readonly desk: Desk;
  readonly facts: Facts;
  readonly said: string[];
}

export function makeWorld(answers: Partial<Record<keyof ICourseApi, unknown[]>>): IWorld {
  const server = new Server({ panel: [goldenPanel()], ...answers });
  const desk = new Desk();
  const facts = new Facts();
  const model = new CourseModel({
    api: server,
    documents: desk,
    facts,
    trans,
    wait: () => Promise.resolve()
  });
  const said: string[] = [];
  model.announced.connect((_, sentence) => {
    said.push(sentence);
  });
  return { model, server, desk, facts, said };
}

export class MemoryStorage implements Storage {
  [name: string]: unknown;
  private readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }

  clear(): void {
    this.items.clear();
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

export type Sent = [path: string, facts: readonly IStampedFact[]];
