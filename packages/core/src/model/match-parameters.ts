/** Sizes of a model that `match: parameters` may change. */
export interface ModelSizes {
  readonly trunkLayers: number;
  /** SwiGLU width of the head's own blocks. */
  readonly headMlpWidth: number;
  /** SwiGLU width of the trunk's last block. */
  readonly lastMlpWidth: number;
}

type Width = 'headMlpWidth' | 'lastMlpWidth';

/**
 * Finds the sizes whose number of parameters is nearest to a reference's. Whole blocks have been taken from the trunk
 * already; what is left over goes into one width: that of the head's own blocks, or of the trunk's last block where the
 * head has none. Where that width would have to be below 1, the trunk gives one more block.
 *
 * @param start - the sizes to begin with, at which nothing is changed if they match
 * @param count - parameters of the model at some sizes; linear in each width
 * @returns the nearest sizes: off by half of what one unit of width costs at most, unless neither width changes the
 * number of parameters, where `start` is all there is; undefined if the trunk has no block left to give
 * @source ours; blocks from the trunk as in Gloeckle et al. 2024, arXiv:2404.19737, sec. 2
 */
export function matchParameters(
  start: ModelSizes,
  reference: number,
  count: (sizes: ModelSizes) => number,
): ModelSizes | undefined {
  const startCount = count(start);
  if (startCount === reference) return start;
  const width = widthThatCounts(start, startCount, count);
  if (width === undefined) return start;
  const perUnit = count(wider(start, width, 1)) - startCount;
  for (let trunkLayers = start.trunkLayers; trunkLayers >= 1; trunkLayers--) {
    const sizes = { ...start, trunkLayers };
    const change = Math.round((reference - count(sizes)) / perUnit);
    if (start[width] + change >= 1) return wider(sizes, width, change);
  }
  return undefined;
}

/** The head's own width if it has blocks, else that of the trunk's last block. */
function widthThatCounts(
  start: ModelSizes,
  startCount: number,
  count: (sizes: ModelSizes) => number,
): Width | undefined {
  const widths: Width[] = ['headMlpWidth', 'lastMlpWidth'];
  return widths.find((width) => count(wider(start, width, 1)) > startCount);
}

const wider = (sizes: ModelSizes, width: Width, by: number): ModelSizes => ({ ...sizes, [width]: sizes[width] + by });
