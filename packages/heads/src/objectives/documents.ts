import type { Nodes } from '@foretoken/core/plugin';

/**
 * Number of the document that each position of a batch of text stands in, row-major. Two positions have one number only
 * if they are of one window and one document.
 * @param at - nodes of plain text: a position without a parent starts a window or a document
 */
export function documentsOf({ parent_BT }: Pick<Nodes, 'parent_BT'>): Int32Array {
  let document = 0;
  return parent_BT.map((parent) => (parent < 0 ? ++document : document));
}
