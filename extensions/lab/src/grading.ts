/** What grading asks of the server, and what comes back; `docs/architecture.md` lists the requests. */

import { URLExt } from '@jupyterlab/coreutils';
import { type ServerConnection } from '@jupyterlab/services';

import { request } from './api';
import { type IServerError, type ITask } from './protocol';

export interface IGradedAssignment {
  readonly key: string;
  readonly submitted: number;
  readonly graded: number;
  /** Submissions with points that wait for a decision. */
  readonly waiting: number;
  readonly by_hand: number;
  /** Changes of tests and cells that wait for a yes. */
  readonly changes: number;
  readonly trouble: string;
}

export interface IGradingOverview {
  readonly available: boolean;
  /** The course's folder, relative to the server's root: `.` for the root itself. */
  readonly course: string | null;
  readonly courses: readonly string[];
  readonly assignments: readonly IGradedAssignment[];
  /** The batch that was started last for this course, running or ended. */
  readonly task: { readonly id: string; readonly assignment: string | null } | null;
  readonly trouble?: IServerError | null;
}

export interface ILayer {
  readonly name: string;
  readonly protects?: string;
  readonly lost: string;
}

/** Learner, notebook, seconds. */
export type Timed = readonly [string, string, number];

/** A batch as it goes. */
export interface IBatchState {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  readonly running?: readonly Timed[];
  readonly slowest?: readonly Timed[];
  readonly failures?: Readonly<Record<string, number>>;
  /** Seconds; null where nobody can say. */
  readonly left?: number | null;
  readonly cached?: number;
  readonly layers?: readonly string[];
  readonly missing_layers?: readonly ILayer[];
  readonly assignment: string;
  readonly number: number;
  readonly of: number;
}

export interface IScore {
  readonly learner: string;
  readonly status: string;
  readonly score: number | null;
  readonly max_score: number | null;
  readonly detail: string;
}

export interface IFlag {
  readonly notebook: string;
  readonly cell: string;
  readonly learners: readonly string[];
  readonly text: string;
}

export interface IBatch {
  readonly submissions: readonly IScore[];
  readonly flags: readonly IFlag[];
  readonly suspects: readonly IFlag[];
  readonly pending: readonly string[];
  readonly layers: readonly (ILayer & { readonly present: boolean })[];
  readonly ran: number;
  readonly cached: number;
  readonly settled: number;
  readonly seconds: number;
}

export interface IAssignmentBatch {
  readonly assignment: string;
  readonly batch: IBatch | null;
  readonly error: IServerError | null;
}

export interface IHeld {
  readonly learner: string;
  readonly notebook: string;
  readonly cell: string;
  readonly evidence: string;
  readonly state: 'waiting' | 'accepted' | 'denied' | 'not-held';
  readonly by: string;
}

/** One cell's points, or all that wait. */
export type Decision =
  | {
      readonly accept: boolean;
      readonly learner: string;
      readonly notebook: string;
      readonly cell: string;
    }
  | { readonly accept: boolean; readonly all: true };

export interface IDecided {
  readonly decided: number;
  readonly scores: readonly IScore[];
  readonly unsettled: readonly string[];
  readonly held: readonly IHeld[];
}

export interface IGradingTask extends ITask {
  readonly details: IBatchState | null;
}

/** Each method rejects as those of the course's own requests do. */
export interface IGradingApi {
  overview(path: string | null): Promise<IGradingOverview>;
  start(
    path: string,
    assignment: string | null,
    force: boolean
  ): Promise<{ readonly task: string }>;
  task(id: string): Promise<IGradingTask>;
  stop(id: string): Promise<void>;
  held(path: string, assignment: string): Promise<readonly IHeld[]>;
  decide(path: string, assignment: string, decision: Decision): Promise<IDecided>;
}

export class GradingApi implements IGradingApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  async overview(path: string | null): Promise<IGradingOverview> {
    const query = path === null ? '' : URLExt.objectToQueryString({ path });
    return (await this.ask('GET', 'grading' + query)) as IGradingOverview;
  }

  async start(path: string, assignment: string | null, force: boolean): Promise<{ task: string }> {
    const body = { path, assignment, options: { force } };
    return (await this.ask('POST', 'grading', body)) as { task: string };
  }

  async task(id: string): Promise<IGradingTask> {
    return (await this.ask('GET', `tasks/${encodeURIComponent(id)}`)) as IGradingTask;
  }

  async stop(id: string): Promise<void> {
    await this.ask('DELETE', `tasks/${encodeURIComponent(id)}`);
  }

  async held(path: string, assignment: string): Promise<readonly IHeld[]> {
    const query = URLExt.objectToQueryString({ path, assignment });
    return ((await this.ask('GET', 'grading/held' + query)) as { held: readonly IHeld[] }).held;
  }

  async decide(path: string, assignment: string, decision: Decision): Promise<IDecided> {
    return (await this.ask('POST', 'grading/held', { path, assignment, decision })) as IDecided;
  }

  private ask(method: string, endpoint: string, body?: unknown): Promise<unknown> {
    return request(this.settings, method, endpoint, body);
  }
}

/** The batches of a finished task. */
export function batchesOf(task: IGradingTask): readonly IAssignmentBatch[] {
  const result = task.result as { readonly batches?: readonly IAssignmentBatch[] } | null;
  return result?.batches ?? [];
}
