import { type INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { type CommandRegistry } from '@lumino/commands';

import { type IDocuments } from './model';

/** The application's documents: opened by its own command, saved and read again through the notebook's context. */
export class Documents implements IDocuments {
  constructor(
    private readonly commands: CommandRegistry,
    private readonly tracker: INotebookTracker
  ) {}

  async open(path: string): Promise<void> {
    await this.commands.execute('docmanager:open', { path });
  }

  async save(path: string): Promise<void> {
    for (const { context } of this.panels(path)) {
      if (context.model.dirty && !context.model.readOnly) {
        await context.save();
      }
    }
  }

  async reload(path: string): Promise<void> {
    for (const panel of this.panels(path)) {
      const active = panel.content.activeCell?.model.id;
      await panel.context.revert();
      const index = panel.content.widgets.findIndex(cell => cell.model.id === active);
      if (index >= 0) {
        panel.content.activeCellIndex = index;
      }
    }
  }

  private panels(path: string): NotebookPanel[] {
    return this.tracker.filter(panel => panel.context.path === path);
  }
}
