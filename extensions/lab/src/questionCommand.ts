/** "Insert question": the plug-in that offers it to whoever writes a notebook. */

import { type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { courseIcon } from './icons';
import { chooseTemplate } from './questionDialog';
import { fetchTemplates, insertQuestion, type ITemplate, targetOf } from './questions';
import { markOf } from './tracker';
import { explain } from './trouble';

export const INSERT_QUESTION = 'course-kit:insert-question';

/** Offered in every notebook but those that came with an opened course: there nobody writes quizzes. */
export const questions: JupyterFrontEndPlugin<void> = {
  id: 'course-kit:questions',
  description: 'Inserts a question of any kind into a notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator, ICommandPalette, IMainMenu],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    menu: IMainMenu | null
  ): void => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('course_kit');
    let templates: readonly ITemplate[] = [];
    let last: string | null = null;
    const written = () => {
      const panel = tracker.currentWidget;
      return panel?.context.isReady && markOf(panel) === null ? panel : null;
    };

    commands.addCommand(INSERT_QUESTION, {
      label: trans.__('Insert question…'),
      caption: trans.__('Add a quiz question to this notebook'),
      icon: args => (args.isPalette ? undefined : courseIcon),
      isVisible: () => tracker.currentWidget === null || written() !== null,
      isEnabled: () => written() !== null,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            template: {
              type: 'string',
              description: 'The name of a template, such as `one-choice`; asked for if left out'
            }
          }
        }
      },
      execute: async args => {
        const panel = written();
        if (panel === null) {
          return;
        }
        try {
          templates =
            templates.length > 0
              ? templates
              : await fetchTemplates(app.serviceManager.serverSettings);
        } catch (error) {
          const trouble = explain(error, trans.__('Insert question'), trans);
          await showErrorMessage(trouble.where, `${trouble.what} ${trouble.next}`);
          return;
        }
        const named = templates.find(template => template.name === args.template);
        const chosen =
          named ?? (await chooseTemplate(templates, last, targetOf(panel.content), trans));
        if (chosen !== null && !panel.isDisposed) {
          last = chosen.name;
          insertQuestion(panel, chosen);
        }
      }
    });
    palette?.addItem({
      command: INSERT_QUESTION,
      category: trans.__('Course'),
      args: { isPalette: true }
    });
    menu?.editMenu.addGroup([{ command: INSERT_QUESTION }], 40);
    tracker.currentChanged.connect((_, panel) => {
      commands.notifyCommandChanged(INSERT_QUESTION);
      void panel?.context.ready.then(() => commands.notifyCommandChanged(INSERT_QUESTION));
    });
  }
};
