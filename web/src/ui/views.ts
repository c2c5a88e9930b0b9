/** The views of the centre, and the panels of a phone, which shows one at a time. */

export const VIEWS = [
  { id: 'graph', name: 'Graph' },
  { id: 'gradients', name: 'Gradients' },
  { id: 'plots', name: 'Plots' },
] as const;

export type View = (typeof VIEWS)[number]['id'];
export type PhoneTab = 'code' | View | 'console';
