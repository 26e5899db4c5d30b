/** Name of the loss term that predicts an offset by cross-entropy; a head with objectives of its own may use it too. */
export function offsetTerm(offset: number): string {
  return `offset-${offset}`;
}

/**
 * The offset that a loss term is named after.
 * @returns undefined for a term of a head's own, such as a feature loss
 */
export function offsetOfTerm(term: string): number | undefined {
  const digits = /^offset-([1-9]\d*)$/.exec(term)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
