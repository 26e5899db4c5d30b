// B rows, T positions, D width, V vocabulary, N = B*T.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import type { Tensor2D, Tensor3D } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias } from '../tfjs/internals.ts';
import { idsOf } from './ids.ts';
import type { Kernels } from './kernels.ts';

/** Rows of a table by token id. */
export function embed(kernels: Kernels, tokens_BT: Tensor2D, table_VD: Tensor2D): Tensor3D {
  const [V, D] = table_VD.shape;
  if (tokens_BT.shape.length !== 2 || tokens_BT.dtype !== 'int32' || table_VD.shape.length !== 2) {
    const got = `${tokens_BT.dtype} [${tokens_BT.shape}] and [${table_VD.shape}]`;
    throw shapeMismatch('embed', 'int32 tokens [B,T] and a table [V,D]', got);
  }
  const tokens = idsOf(kernels, tokens_BT);
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token >= 0 && token < V) continue;
    throw new ForetokenError(
      'TOKEN_UNKNOWN',
      `embed: ids are in [0, ${V}), got ${token}. Check the prompt and the tokenizer.`,
    );
  }
  return differentiable<Tensor3D>(
    'embed',
    [table_VD],
    () => kernels.gather(table_VD, tokens, tokens_BT.shape) as Tensor3D,
    (dy) => [kernels.scatter(alias(dy, [tokens.length, D]), tokens, [V, D])],
  );
}
