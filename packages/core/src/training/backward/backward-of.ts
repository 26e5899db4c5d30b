import type { BackwardName } from '../../config/experiment.ts';
import type { Backward } from './backward.ts';
import { joint } from './joint.ts';
import { sequential } from './sequential.ts';

const BACKWARDS: Readonly<Record<BackwardName, Backward>> = { sequential, joint };

/** The backward pass that `training.backward` of an experiment names. */
export const backwardOf = (name: BackwardName): Backward => BACKWARDS[name];
