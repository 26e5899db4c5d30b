/** What a plugin did to the process around it: reported by the child that ran it. */
export interface Incident {
  readonly what:
    | 'random'
    | 'clock'
    | 'global'
    | 'prototype'
    | 'output'
    | 'environment'
    | 'listener'
    | 'handle'
    | 'folder';
  /** What exactly: a name, a place. */
  readonly detail: string;
}
