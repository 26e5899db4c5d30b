import type { ArmStyle } from '../charts/theme.ts';

/** Outlines around the origin, some eight pixels across: those of the charts' own symbols. */
const PATHS: Readonly<Record<ArmStyle['shape'], string>> = {
  circle: 'M4,0A4,4,0,1,1,-4,0A4,4,0,1,1,4,0Z',
  square: 'M-3.6,-3.6H3.6V3.6H-3.6Z',
  'triangle-up': 'M0,-4L4.4,3.6H-4.4Z',
  diamond: 'M0,-5L4,0L0,5L-4,0Z',
  cross: 'M-4,-1.4H-1.4V-4H1.4V-1.4H4V1.4H1.4V4H-1.4V1.4H-4Z',
  'triangle-down': 'M0,4L4.4,-3.6H-4.4Z',
  'triangle-right': 'M4,0L-3.6,4.4V-4.4Z',
  'triangle-left': 'M-4,0L3.6,4.4V-4.4Z',
};

/** The outline of a symbol, for a legend. */
export const symbolPath = (shape: ArmStyle['shape']): string => PATHS[shape];
