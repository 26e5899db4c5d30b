import { forwardTrunk, runOffsets } from '../../model/forward.ts';
import { objectivesOf } from '../objectives.ts';
import type { Backward } from './backward.ts';
import { gather } from './gathered.ts';
import { runSegment } from './segment.ts';
import { withStandingTrunk } from './standing-trunk.ts';

/**
 * One recording of trunk and all offsets, and one backward pass: holds the activations of all of them at once, those of a
 * trunk that does not train apart.
 */
export const joint: Backward = (model, request) =>
  gather(model, request, (into) => {
    const { offsets, batch, distil } = request;
    withStandingTrunk(model, request, (standing) => {
      const forward = () => {
        const { batch: seen, states, source } = standing ?? forwardTrunk(model, batch.input);
        const result = { batch: seen, trunk: states, offsets: runOffsets(model, offsets, source) };
        return objectivesOf(model, result, batch.targets, offsets, distil);
      };
      runSegment(model, request, { forward, inputs: [] }, into);
    });
  });
