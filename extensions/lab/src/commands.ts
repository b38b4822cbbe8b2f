/** The commands, and where the application shows them. */

import { type JupyterFrontEnd } from '@jupyterlab/application';
import { type ICommandPalette } from '@jupyterlab/apputils';
import { type ILauncher } from '@jupyterlab/launcher';
import { type IMainMenu } from '@jupyterlab/mainmenu';
import { type INotebookTracker } from '@jupyterlab/notebook';
import { type TranslationBundle } from '@jupyterlab/translation';

import { type Move } from './components/moving';
import {
  askForSource,
  confirmMove,
  confirmRestore,
  confirmSubmission,
  showReceipt,
  tellOpened
} from './dialogs';
import { courseIcon } from './icons';
import { type CourseModel } from './model';
import { markOf } from './tracker';

export const CommandIDs = {
  open: 'course-kit:open',
  panel: 'course-kit:panel',
  next: 'course-kit:next',
  review: 'course-kit:review',
  pause: 'course-kit:pause',
  startOver: 'course-kit:start-over',
  check: 'course-kit:check',
  submit: 'course-kit:submit',
  restoreCell: 'course-kit:restore-cell',
  restoreLesson: 'course-kit:restore-lesson'
} as const;

export interface ICommandOptions {
  readonly app: JupyterFrontEnd;
  readonly model: CourseModel;
  readonly tracker: INotebookTracker;
  readonly trans: TranslationBundle;
  /** Brings the panel to the front. */
  readonly showPanel: () => void;
}

/** Arguments are untrusted: a command may be run by a keyboard shortcut of the user's own making. */
function argument(args: object, name: string): string | null {
  const value = (args as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}

/** Adds the commands to the application's registry. */
export function addCommands(options: ICommandOptions): void {
  const { app, model, showPanel, tracker, trans } = options;
  const { commands } = app;

  const currentMark = () => (tracker.currentWidget ? markOf(tracker.currentWidget) : null);
  /** A review is made here: nothing in it came with the course. */
  const cameWithCourse = (): boolean => {
    const mark = currentMark();
    return mark !== null && (mark.lesson ?? mark.assignment) !== null;
  };
  const assignmentOf = (args: object): string | null =>
    argument(args, 'assignment') ?? currentMark()?.assignment ?? null;
  const hasAssignment = (args: object): boolean => {
    const key = assignmentOf(args);
    return key !== null && model.assignment(key) !== null;
  };

  commands.addCommand(CommandIDs.open, {
    label: args => (args.isLauncher ? trans.__('Open course') : trans.__('Open course…')),
    caption: trans.__('Open a course from a file, a folder or an address'),
    icon: args => (args.isPalette ? undefined : courseIcon),
    describedBy: {
      args: {
        type: 'object',
        properties: { source: { type: 'string', description: 'A file, a folder or an address' } }
      }
    },
    execute: async args => {
      const source = argument(args, 'source') ?? (await askForSource(trans));
      if (source === null) {
        return;
      }
      showPanel();
      // browsers number what is downloaded again: frames.feedback (1).zip
      if (/\.feedback( ?\(\d+\)|-\d+)?\.zip$/i.test(source)) {
        await model.openFeedback(source);
        return;
      }
      const opened = await model.openCourse(source);
      if (opened) {
        await tellOpened(opened, trans);
      }
    }
  });

  commands.addCommand(CommandIDs.panel, {
    label: trans.__('Course panel'),
    caption: trans.__('Show the course: next step, this week, outline and assignments'),
    describedBy: noArguments,
    execute: () => showPanel()
  });

  commands.addCommand(CommandIDs.next, {
    label: args => (args.isLauncher ? trans.__('Your course') : trans.__('Next step')),
    caption: () =>
      model.panel?.next
        ? trans.__('Open “%1”', model.panel.next.title)
        : trans.__('Go on where you stopped'),
    icon: args => (args.isLauncher ? courseIcon : undefined),
    isEnabled: args => args.isLauncher === true || (model.panel?.next ?? null) !== null,
    describedBy: noArguments,
    execute: async () => {
      showPanel();
      await model.openNext();
    }
  });

  commands.addCommand(CommandIDs.review, {
    label: trans.__('Start a review'),
    caption: trans.__('Ten minutes of questions on what you would soon forget'),
    isEnabled: () => (model.panel?.reviews?.skills.length ?? 0) > 0,
    describedBy: noArguments,
    execute: async () => {
      showPanel();
      await model.study.startReview((model.panel?.reviews?.due ?? 0) === 0);
    }
  });

  const move = (kind: Move, execute: () => Promise<boolean>) => async (): Promise<void> => {
    const { panel } = model;
    if (panel && (await confirmMove(kind, panel, trans))) {
      await execute();
    }
  };

  commands.addCommand(CommandIDs.pause, {
    label: trans.__('Pause the course…'),
    caption: trans.__('Dates that count from your start stand still until you go on'),
    isEnabled: () => model.panel?.plan?.paused_since === null,
    describedBy: noArguments,
    execute: move('pause', () => model.study.pause())
  });

  commands.addCommand(CommandIDs.startOver, {
    label: trans.__('Start over from today…'),
    caption: trans.__('Dates that count from your start count from today'),
    isEnabled: () => Boolean(model.panel?.plan),
    describedBy: noArguments,
    execute: move('restart', () => model.study.startOver())
  });

  commands.addCommand(CommandIDs.check, {
    label: trans.__('Check my work'),
    caption: trans.__('Run the assignment’s visible tests'),
    isEnabled: hasAssignment,
    describedBy: { args: assignmentSchema },
    execute: async args => {
      const key = assignmentOf(args);
      if (key !== null) {
        showPanel();
        await model.checks.run(key);
      }
    }
  });

  commands.addCommand(CommandIDs.submit, {
    label: trans.__('Submit assignment…'),
    caption: trans.__('See what is handed in, then hand it in'),
    isEnabled: hasAssignment,
    describedBy: { args: assignmentSchema },
    execute: async args => {
      const key = assignmentOf(args);
      const assignment = key === null ? null : model.assignment(key);
      if (assignment === null) {
        return;
      }
      const preview = await model.previewSubmission(assignment.key);
      if (preview === null) {
        showPanel();
        return;
      }
      const choice = await confirmSubmission(assignment.title, preview, trans);
      if (choice === null) {
        return;
      }
      const receipt = await model.submit(assignment.key, choice);
      if (receipt === null) {
        showPanel();
        return;
      }
      await showReceipt(assignment.title, receipt, trans);
    }
  });

  commands.addCommand(CommandIDs.restoreCell, {
    label: trans.__('Restore cell'),
    caption: trans.__('Put the selected cell back as it came with the course'),
    isEnabled: () => cameWithCourse() && tracker.activeCell !== null,
    describedBy: noArguments,
    execute: async () => {
      const panel = tracker.currentWidget;
      const cell = tracker.activeCell;
      if (!panel || !cell || !(await confirmRestore(trans.__('this cell'), trans))) {
        return;
      }
      if ((await model.restore(panel.context.path, cell.model.id)) === null) {
        showPanel();
      }
    }
  });

  commands.addCommand(CommandIDs.restoreLesson, {
    label: trans.__('Restore lesson…'),
    caption: trans.__('Put the whole notebook back as it came with the course'),
    isEnabled: args => argument(args, 'path') !== null || cameWithCourse(),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'The notebook; the current one if left out' },
          title: { type: 'string', description: 'What the notebook is called' }
        }
      }
    },
    execute: async args => {
      const path = argument(args, 'path') ?? tracker.currentWidget?.context.path ?? null;
      if (path === null) {
        return;
      }
      const title = argument(args, 'title') ?? path.split('/').pop() ?? path;
      if (await confirmRestore(title, trans)) {
        await model.restore(path, null);
        showPanel();
      }
    }
  });

  // the registry and the model live as long as the page
  model.changed.connect(() => {
    for (const command of [
      CommandIDs.check,
      CommandIDs.submit,
      CommandIDs.next,
      CommandIDs.review,
      CommandIDs.pause,
      CommandIDs.startOver
    ]) {
      commands.notifyCommandChanged(command);
    }
  });
}

const noArguments = { args: { type: 'object', properties: {} } } as const;

const assignmentSchema = {
  type: 'object',
  properties: {
    assignment: {
      type: 'string',
      description: 'The key of the assignment; that of the current notebook if left out'
    }
  }
} as const;

/** Shows the commands in the palette, the File menu and the launcher, where the application has them. */
export function placeCommands(
  trans: TranslationBundle,
  places: {
    readonly palette: ICommandPalette | null;
    readonly menu: IMainMenu | null;
    readonly launcher: ILauncher | null;
  }
): void {
  const category = trans.__('Course');
  for (const command of Object.values(CommandIDs)) {
    places.palette?.addItem({ command, category, args: { isPalette: true } });
  }
  places.menu?.fileMenu.addGroup(
    Object.values(CommandIDs).map(command => ({ command })),
    40
  );
  [CommandIDs.next, CommandIDs.open].forEach((command, rank) => {
    places.launcher?.add({ command, args: { isLauncher: true }, category, rank });
  });
}
