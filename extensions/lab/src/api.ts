/** The one file that talks HTTP. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import {
  type IBroughtOver,
  type IFactsAnswer,
  type IFeedback,
  type IOpened,
  type IReceipt,
  type IServerError,
  type IStampedFact,
  type ISubmissionChoice,
  type ISubmissionPreview,
  type ITask,
  type PanelAnswer,
  parsePanel
} from './protocol';
import { type IReviewMade, type PaceChange } from './protocolWeek';

/** What the page asks of the server. Each method rejects with an {@link ApiError} or an {@link Unreachable}. */
export interface ICourseApi {
  panel(which: { path?: string; course?: string }): Promise<PanelAnswer>;
  /** Resolves once the facts named in `stored` are durable. */
  facts(path: string, facts: readonly IStampedFact[]): Promise<IFactsAnswer>;
  goal(course: string, text: string, done: boolean): Promise<PanelAnswer>;
  open(source: string): Promise<IOpened>;
  /** Restores one cell, or the whole notebook where `cell` is null; the learner's version is kept at `backup`. */
  restore(path: string, cell: string | null): Promise<{ readonly backup: string }>;
  bringOver(path: string): Promise<IBroughtOver>;
  check(course: string, assignment: string): Promise<{ readonly task: string }>;
  task(id: string): Promise<ITask>;
  cancelTask(id: string): Promise<void>;
  previewSubmission(course: string, assignment: string): Promise<ISubmissionPreview>;
  submit(
    course: string,
    assignment: string,
    choice: ISubmissionChoice
  ): Promise<{ readonly receipt: IReceipt }>;
  feedback(source: string): Promise<IFeedback>;
  /** Builds a review of about that many minutes; `anyway`: of what is weakest, where nothing is due. */
  review(course: string, minutes: number, anyway: boolean): Promise<IReviewMade>;
  pace(course: string, change: PaceChange, hours: number | null): Promise<PanelAnswer>;
  calendar(course: string, on: boolean): Promise<PanelAnswer>;
  /** The whole address of what the server names by `path`, for other programs. */
  address(path: string): string;
}

/** The server understood and said no. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string
  ) {
    super(message);
  }
}

/** No answer came: the server or the network is away. */
export class Unreachable extends Error {}

/** Below this every address of the server extension lies. */
const NAMESPACE = 'course-kit';

export class CourseApi implements ICourseApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  async panel(which: { path?: string; course?: string }): Promise<PanelAnswer> {
    return parsePanel(
      await this.request('GET', 'panel' + URLExt.objectToQueryString({ ...which, zone: zone() }))
    );
  }

  async facts(path: string, facts: readonly IStampedFact[]): Promise<IFactsAnswer> {
    return (await this.request('POST', 'facts', { path, facts })) as IFactsAnswer;
  }

  async goal(course: string, text: string, done: boolean): Promise<PanelAnswer> {
    return parsePanel(await this.request('POST', 'goal', { course, text, done, zone: zone() }));
  }

  async open(source: string): Promise<IOpened> {
    return (await this.request('POST', 'open', { source })) as IOpened;
  }

  async restore(path: string, cell: string | null): Promise<{ readonly backup: string }> {
    return (await this.request('POST', 'restore', { path, cell })) as { backup: string };
  }

  async bringOver(path: string): Promise<IBroughtOver> {
    return (await this.request('POST', 'bring-over', { path })) as IBroughtOver;
  }

  async check(course: string, assignment: string): Promise<{ readonly task: string }> {
    return (await this.request('POST', 'check', { course, assignment })) as { task: string };
  }

  async task(id: string): Promise<ITask> {
    return (await this.request('GET', `tasks/${encodeURIComponent(id)}`)) as ITask;
  }

  async cancelTask(id: string): Promise<void> {
    await this.request('DELETE', `tasks/${encodeURIComponent(id)}`);
  }

  async previewSubmission(course: string, assignment: string): Promise<ISubmissionPreview> {
    return (await this.request('POST', 'submit/preview', {
      course,
      assignment
    })) as ISubmissionPreview;
  }

  async submit(
    course: string,
    assignment: string,
    choice: ISubmissionChoice
  ): Promise<{ readonly receipt: IReceipt }> {
    return (await this.request('POST', 'submit', { course, assignment, ...choice })) as {
      receipt: IReceipt;
    };
  }

  async feedback(source: string): Promise<IFeedback> {
    return (await this.request('POST', 'feedback', { source })) as IFeedback;
  }

  async review(course: string, minutes: number, anyway: boolean): Promise<IReviewMade> {
    return (await this.request('POST', 'review', {
      course,
      minutes,
      anyway,
      zone: zone()
    })) as IReviewMade;
  }

  async pace(course: string, change: PaceChange, hours: number | null): Promise<PanelAnswer> {
    const body = { course, change, hours_per_week: hours, zone: zone() };
    return parsePanel(await this.request('POST', 'pace', body));
  }

  async calendar(course: string, on: boolean): Promise<PanelAnswer> {
    return parsePanel(await this.request('POST', 'calendar', { course, on, zone: zone() }));
  }

  address(path: string): string {
    return new URL(URLExt.join(this.settings.baseUrl, path), window.location.href).href;
  }

  private request(method: string, endpoint: string, body?: unknown): Promise<unknown> {
    return request(this.settings, method, endpoint, body);
  }
}

/** Asks the server extension. Rejects with an {@link ApiError} or an {@link Unreachable}. */
export async function request(
  settings: ServerConnection.ISettings,
  method: string,
  endpoint: string,
  body?: unknown
): Promise<unknown> {
  const url = URLExt.join(settings.baseUrl, NAMESPACE) + '/' + endpoint;
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(url, init, settings);
  } catch (error) {
    throw new Unreachable(error instanceof Error ? error.message : String(error));
  }
  const text = await response.text();
  const answer = parseJson(text);
  if (!response.ok) {
    throw serverError(response, answer);
  }
  if (answer === undefined && text !== '') {
    throw new ApiError(response.status, 'not-json', 'The server sent a page instead of data.', '');
  }
  return answer;
}

/** The learner's own time zone, by its name: on a hub the server's is another. */
function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function serverError(response: Response, answer: unknown): Error {
  const said = (
    typeof answer === 'object' && answer !== null ? answer : {}
  ) as Partial<IServerError>;
  if ([502, 503, 504].includes(response.status) && said.code === undefined) {
    // a hub's or a company's proxy answers for a server that is not there
    return new Unreachable(`status ${response.status}`);
  }
  return new ApiError(
    response.status,
    // JupyterLab's server answers 404 without a code of ours where our extension is not running
    said.code ?? (response.status === 404 ? 'no-extension' : 'error'),
    said.message ?? response.statusText,
    said.hint ?? ''
  );
}
