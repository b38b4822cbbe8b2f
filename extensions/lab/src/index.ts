/** The plug-ins. Every token of the application but the notebook tracker is optional. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';

import { CourseApi } from './api';
import { addCommands, CommandIDs, placeCommands } from './commands';
import { Documents } from './documents';
import { DueNotices } from './due';
import { GRADE, grading } from './gradingPanel';
import { CourseModel } from './model';
import { FirstRunNotices } from './notice';
import { Outbox } from './outbox';
import { CoursePanel } from './panel';
import { questions } from './questionCommand';
import { LessonStatus } from './status';
import { browserStorage } from './storage';
import { LessonTracker, markOf } from './tracker';

/** What the plug-ins share. */
export interface ICourseKit {
  readonly model: CourseModel;
  readonly outbox: Outbox;
  readonly storage: Storage;
  /** Tells the storage of one person's server from that of another on the same origin. */
  readonly scope: string;
  readonly trans: TranslationBundle;
}

export const ICourseKit = new Token<ICourseKit>(
  'course-kit:ICourseKit',
  'The open course and the facts that are on their way to the server.'
);

const course: JupyterFrontEndPlugin<ICourseKit> = {
  id: 'course-kit:course',
  description: 'Keeps the open course and the facts that are on their way to the server.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  provides: ICourseKit,
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): ICourseKit => {
    const trans = (translator ?? nullTranslator).load('course_kit');
    const settings = app.serviceManager.serverSettings;
    const api = new CourseApi(settings);
    const storage = browserStorage();
    const scope = new URL(settings.baseUrl, window.location.href).pathname;
    const outbox = new Outbox({ api, storage, scope });
    const documents = new Documents(app.commands, tracker);
    const model = new CourseModel({ api, documents, facts: outbox, trans });
    outbox.pendingChanged.connect(() => model.emit());
    outbox.delivered.connect(() => void model.refresh());
    window.addEventListener('online', () => void outbox.flush());
    return { model, outbox, storage, scope, trans };
  }
};

const panel: JupyterFrontEndPlugin<void> = {
  id: 'course-kit:panel',
  description: 'Shows the course beside the notebook, and adds its commands.',
  autoStart: true,
  requires: [ICourseKit, INotebookTracker],
  optional: [ILayoutRestorer, ICommandPalette, IMainMenu, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    kit: ICourseKit,
    tracker: INotebookTracker,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    menu: IMainMenu | null,
    launcher: ILauncher | null
  ): void => {
    const { model, scope, storage, trans } = kit;
    const notices = new FirstRunNotices(storage, scope);
    const due = new DueNotices({
      storage,
      scope,
      notify: ({ path, text }) => {
        const open = { label: trans.__('Open'), callback: () => path && void model.openPath(path) };
        const actions = path === null ? [] : [open];
        const id = Notification.warning(text, { autoClose: false, actions });
        return () => Notification.dismiss(id);
      }
    });
    model.changed.connect(() => {
      if (model.panel) {
        notices.remember(model.panel);
        due.tell(model.panel);
      }
    });
    const view = new CoursePanel(
      model,
      {
        openCourse: () => void app.commands.execute(CommandIDs.open),
        submit: assignment => void app.commands.execute(CommandIDs.submit, { assignment }),
        restore: (path, title) =>
          void app.commands.execute(CommandIDs.restoreLesson, { path, title }),
        pause: () => void app.commands.execute(CommandIDs.pause),
        startOver: () => void app.commands.execute(CommandIDs.startOver),
        copy: text => Clipboard.copyToSystem(text),
        get grade() {
          const canGrade = app.commands.hasCommand(GRADE) && app.commands.isVisible(GRADE);
          return canGrade ? () => void app.commands.execute(GRADE) : undefined;
        },
        notice: shown => notices.page(shown),
        readNotice: shown => {
          notices.read(shown);
          view.update();
        }
      },
      trans
    );
    app.commands.commandChanged.connect((_, { id }) => id === GRADE && view.update());
    app.shell.add(view, 'left', { rank: 150 });
    restorer?.add(view, view.id);
    addCommands({
      app,
      model,
      tracker,
      trans,
      showPanel: () => app.shell.activateById(view.id)
    });
    placeCommands(trans, { palette, menu, launcher });
    void app.restored.then(() => {
      if (model.content.kind === 'loading') {
        void model.refresh();
      }
    });
    window.addEventListener('focus', () => void model.refresh());
  }
};

const lessons: JupyterFrontEndPlugin<void> = {
  id: 'course-kit:lessons',
  description: 'Notes which lessons are opened and how much of them is read.',
  autoStart: true,
  requires: [ICourseKit, INotebookTracker],
  optional: [ILabShell],
  activate: (
    _: JupyterFrontEnd,
    kit: ICourseKit,
    tracker: INotebookTracker,
    labShell: ILabShell | null
  ): void => {
    const { model, outbox, scope, storage } = kit;
    new LessonTracker({ tracker, model, facts: outbox, storage, scope });
    // the panel comes forward by itself once, when the first lesson is opened; afterwards it is the learner's
    const shownKey = `course-kit:panel-shown:${scope}`;
    const showOnce = (): void => {
      if (labShell && model.panel !== null && storage.getItem(shownKey) === null) {
        storage.setItem(shownKey, new Date().toISOString());
        labShell.activateById(CoursePanel.ID);
      }
    };
    model.changed.connect(showOnce);
  }
};

const status: JupyterFrontEndPlugin<void> = {
  id: 'course-kit:status',
  description: 'Shows the progress in the current lesson in the status bar.',
  autoStart: true,
  requires: [ICourseKit, INotebookTracker],
  optional: [IStatusBar],
  activate: (
    _: JupyterFrontEnd,
    kit: ICourseKit,
    tracker: INotebookTracker,
    statusBar: IStatusBar | null
  ): void => {
    if (!statusBar) {
      return;
    }
    const currentLesson = (): string | null => {
      const { currentWidget } = tracker;
      return currentWidget?.context.isReady ? (markOf(currentWidget)?.lesson ?? null) : null;
    };
    const item = new LessonStatus(kit.model, currentLesson, kit.trans);
    tracker.currentChanged.connect(() => item.update());
    statusBar.registerStatusItem('course-kit:status', {
      item,
      align: 'left',
      rank: 200,
      isActive: () => currentLesson() !== null,
      activeStateChanged: kit.model.changed
    });
  }
};

export default [course, panel, lessons, status, grading, questions];
