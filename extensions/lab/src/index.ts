import { type JupyterFrontEndPlugin } from '@jupyterlab/application';

const panel: JupyterFrontEndPlugin<void> = {
  id: 'course-kit:panel',
  description: 'Shows the course beside the notebook.',
  autoStart: true,
  activate: () => undefined
};

export default [panel];
