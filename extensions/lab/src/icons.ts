import { LabIcon } from '@jupyterlab/ui-components';

/** A path with three steps, in the colour of the theme's icons. */
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <circle cx="5" cy="18" r="3"/>
    <circle cx="12" cy="11" r="3"/>
    <path d="M16 2h6v6h-2V5.4l-4.3 4.3-1.4-1.4L18.6 4H16z"/>
    <path d="M7 15.2l3-2.6 1.2 1.5-3 2.6z"/>
  </g>
</svg>`;

export const courseIcon = new LabIcon({ name: 'course-kit:course', svgstr: SVG });
