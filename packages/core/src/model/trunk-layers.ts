import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment } from '../config/experiment.ts';
import { headOptionsOf } from '../config/plugin-options.ts';
import type { TrunkShape } from '../contracts/trunk.ts';
import type { Definition } from '../plugins/define.ts';

/**
 * Blocks that are left to the trunk: all of them but those that the heads bring. Under `match: parameters` every
 * offset's blocks come out of the trunk, under `none` those of offset 1 alone. A base run's trunk is there already: it
 * gives none.
 *
 * @throws LAYERS_TOO_FEW if the heads would take every block
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 2
 */
export function trunkLayersOf(model: Experiment['model'], head: Definition<'head'>, shape: TrunkShape): number {
  if (model.base) return shape.layers;
  const { name, horizon } = model.head;
  const options = headOptionsOf(model.head);
  let taken = 0;
  for (let offset = 1; offset <= (model.match === 'parameters' ? horizon : 1); offset++) {
    taken += blocksOfOffset(head, options, offset);
  }
  const left = shape.layers - taken;
  if (left >= 1) return left;
  throw new ForetokenError(
    'LAYERS_TOO_FEW',
    `head "${name}" with horizon ${horizon} takes ${taken} of ${shape.layers} layers under match: ${model.match}; ` +
      'the trunk needs at least 1. Use more layers, a smaller horizon, or match: none.',
  );
}

/** Transformer-sized blocks that a head brings for one offset. */
export function blocksOfOffset(
  head: Definition<'head'>,
  options: Readonly<Record<string, unknown>>,
  offset: number,
): number {
  const { blocksPerOffset = 0 } = head;
  return typeof blocksPerOffset === 'function' ? blocksPerOffset(options, offset) : blocksPerOffset;
}
