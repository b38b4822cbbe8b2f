/** The grading view as a widget of the main area, and the plug-in that offers it to whoever may grade. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  MainAreaWidget,
  showDialog,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { GradingApi } from './grading';
import { GradingModel } from './gradingModel';
import { GradingView, type IGradingActions } from './gradingView';
import { courseIcon } from './icons';

/** The command that opens the grading view; visible to whoever has something to grade. */
export const GRADE = 'course-kit:grade';
const FORMGRADER = 'nbgrader:open-formgrader';
const ID = 'course-kit-grading';
/** How long a sentence stays where screen readers find it, in milliseconds. */
const SAID = 10_000;

/** Renders the model, and reads its news out. */
export class GradingPanel extends ReactWidget {
  constructor(
    private readonly model: GradingModel,
    private readonly actions: IGradingActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('course-kit-Panel');
    this.addClass('course-kit-Grading');
    model.changed.connect(this.onChanged, this);
    model.announced.connect(this.onAnnounced, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.model.changed.disconnect(this.onChanged, this);
    this.model.announced.disconnect(this.onAnnounced, this);
    clearTimeout(this.clearing);
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return (
      <>
        <div className="course-kit-announcer" role="status" aria-live="polite">
          {this.said}
        </div>
        <GradingView model={this.model} actions={this.actions} trans={this.trans} />
      </>
    );
  }

  private onChanged(): void {
    this.update();
  }

  private onAnnounced(_: GradingModel, sentence: string): void {
    this.said = sentence;
    clearTimeout(this.clearing);
    this.clearing = setTimeout(() => {
      this.said = '';
      this.update();
    }, SAID);
    this.update();
  }

  private said = '';
  private clearing: ReturnType<typeof setTimeout> | undefined;
}

async function confirmAll(
  accept: boolean,
  count: number,
  trans: TranslationBundle
): Promise<boolean> {
  const result = await showDialog({
    title: accept
      ? trans._n('Accept %1 held test?', 'Accept all %1 held tests?', count)
      : trans._n('Deny %1 held test?', 'Deny all %1 held tests?', count),
    body: accept
      ? trans.__('Their points count from now on. You can change single decisions afterwards.')
      : trans.__(
          'Their points do not count. Look at the notebooks first: the program accuses nobody. You can change single decisions afterwards.'
        ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      accept
        ? Dialog.okButton({ label: trans.__('Accept all') })
        : Dialog.warnButton({ label: trans.__('Deny all') })
    ]
  });
  return result.button.accept;
}

export const grading: JupyterFrontEndPlugin<void> = {
  id: 'course-kit:grading',
  description: 'Grades submissions, for whoever has the grading extra and a course to grade.',
  autoStart: true,
  requires: [ILabShell],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette, IMainMenu],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    menu: IMainMenu | null
  ): void => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('course_kit');
    const api = new GradingApi(app.serviceManager.serverSettings);
    const model = new GradingModel({ api, trans });
    const tracker = new WidgetTracker<MainAreaWidget<GradingPanel>>({ namespace: ID });
    const actions: IGradingActions = {
      confirmAll: (accept, count) => confirmAll(accept, count, trans),
      get openFormgrader() {
        return commands.hasCommand(FORMGRADER) ? () => void commands.execute(FORMGRADER) : null;
      }
    };
    let widget: MainAreaWidget<GradingPanel> | null = null;

    commands.addCommand(GRADE, {
      label: trans.__('Grade all submissions…'),
      caption: trans.__('Grade what was handed in, and decide on what waits for you'),
      icon: args => (args.isPalette ? undefined : courseIcon),
      isVisible: () => model.isAvailable,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: { type: 'string', description: 'The course, or something inside of it' }
          }
        }
      },
      execute: async args => {
        if (widget === null || widget.isDisposed) {
          const content = new GradingPanel(model, actions, trans);
          widget = new MainAreaWidget({ content });
          // the area has named it by itself, and not by what it is
          content.node.setAttribute('aria-label', trans.__('Grade submissions'));
          widget.toolbar.hide();
          widget.id = ID;
          widget.title.label = trans.__('Grading');
          widget.title.icon = courseIcon;
          widget.title.closable = true;
          void tracker.add(widget);
        }
        if (!widget.isAttached) {
          shell.add(widget, 'main');
        }
        shell.activateById(widget.id);
        await model.refresh(typeof args.path === 'string' ? args.path : model.course);
      }
    });
    palette?.addItem({
      command: GRADE,
      category: trans.__('Course'),
      args: { isPalette: true }
    });
    menu?.fileMenu.addGroup([{ command: GRADE }], 41);
    void restorer?.restore(tracker, { command: GRADE, name: () => ID });
    let wasAvailable = false;
    model.changed.connect(() => {
      if (model.isAvailable !== wasAvailable) {
        wasAvailable = model.isAvailable;
        commands.notifyCommandChanged(GRADE);
      }
    });
    void app.restored.then(async () => {
      if (model.overview === null) {
        await model.probe();
      }
    });
  }
};
