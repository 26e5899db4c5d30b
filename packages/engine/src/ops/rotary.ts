// B rows, T nodes, H attention heads, d width of one attention head.
import { shapeMismatch } from '../errors.ts';
import * as loops from '../loops/rotary.ts';
import { derived, type Nodes } from '../nodes.ts';
import type { Tensor, Tensor4D } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { Kernels } from './kernels.ts';

/** Cosine and sine tables of the nodes' positions, made once per forward. */
export function rotaryTables(at: Nodes, d: number, base: number): Tensor[] {
  return derived(at, `rotary ${d} ${base}`, () => {
    const { cos, sin } = loops.rotaryTables(at.position_BT, d, base);
    const shape = [at.B * at.T, d / 2];
    return [cos, sin].map((values) => tfjsEngine().makeTensor(values, shape, 'float32'));
  });
}

/** Rotary position embedding of queries or keys. */
export function rotary(kernels: Kernels, x_BTHd: Tensor4D, at: Nodes, base = 10000): Tensor4D {
  const [B, T, , d] = x_BTHd.shape;
  if (x_BTHd.shape.length !== 4 || B !== at.B || T !== at.T || d % 2 !== 0) {
    throw shapeMismatch('rotary', `x [B,T,H,d] over ${at.B} x ${at.T} nodes with d even`, `[${x_BTHd.shape}]`);
  }
  return differentiable<Tensor4D>(
    'rotary',
    [x_BTHd],
    (save) => {
      const tables = rotaryTables(at, d, base);
      for (const table of tables) save(table);
      return kernels.rotate(x_BTHd, tables, 1);
    },
    (dy, tables) => [kernels.rotate(dy, tables, -1)],
  );
}
