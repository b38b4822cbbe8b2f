/** What went wrong, for a learner: where, what, and what to do next. */

import { type TranslationBundle } from '@jupyterlab/translation';

import { ApiError, Unreachable } from './api';
import { VersionMismatch } from './protocol';

export interface ITrouble {
  readonly where: string;
  readonly what: string;
  readonly next: string;
}

/** `error` in words; `where` names what was being done. */
export function explain(error: unknown, where: string, trans: TranslationBundle): ITrouble {
  if (error instanceof Unreachable) {
    return {
      where,
      what: trans.__('The Jupyter server does not answer.'),
      next: trans.__(
        'Check that it is still running and that you are online, then try again. Nothing is lost: your progress waits in this browser.'
      )
    };
  }
  if (error instanceof VersionMismatch) {
    return {
      where,
      what: trans.__(
        'The server sends version %1 of the course panel; this page reads version %2.',
        String(error.found),
        String(error.supported)
      ),
      next: trans.__(
        'Reload this page. If that does not help, update course-kit and restart JupyterLab.'
      )
    };
  }
  if (error instanceof ApiError) {
    if (error.code === 'no-extension' || error.status === 501) {
      return {
        where,
        what: trans.__('course-kit is not running on this Jupyter server.'),
        next: trans.__(
          'Install course-kit in the environment that JupyterLab runs in, then restart JupyterLab.'
        )
      };
    }
    if (error.status === 401 || error.status === 403) {
      return {
        where,
        what: error.message || trans.__('You are not logged in any more.'),
        next: error.hint || trans.__('Reload this page and log in again.')
      };
    }
    return {
      where,
      what: error.message || trans.__('The server refused.'),
      next:
        error.hint || trans.__('Try again. If it happens again, tell your instructor what you did.')
    };
  }
  return {
    where,
    what: error instanceof Error ? error.message : String(error),
    next: trans.__('Try again. If it happens again, reload this page.')
  };
}
