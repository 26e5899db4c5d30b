import { forwardOffsets } from '../../model/forward.ts';
import { objectivesOf } from '../objectives.ts';
import type { Backward } from './backward.ts';
import { gather } from './gathered.ts';
import { runSegment } from './segment.ts';

/** One recording of trunk and all offsets, and one backward pass: holds the activations of all of them at once. */
export const joint: Backward = (model, request) =>
  gather(model, request, (into) => {
    const { offsets, batch } = request;
    const forward = () => objectivesOf(model, forwardOffsets(model, batch.input, offsets), batch.targets, offsets);
    runSegment(model, request, { forward, inputs: [] }, into);
  });
