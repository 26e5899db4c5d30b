// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import type { KeyValueStore, KeyValues } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import { type Tensor4D, tf } from '../tensor.ts';
import { ofNothing } from '../tfjs/differentiable.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import { type ColumnKeyValues, UnrolledKeyValues } from '../unrolled-key-values.ts';
import type { AttentionSizes } from './attention-pairs.ts';
import type { Kernels } from './kernels.ts';

/** Attention over the ancestors of each node, and over the past or the earlier calls where `kv` holds some. */
export function attention(
  kernels: Kernels,
  q_BTHd: Tensor4D,
  k_BTGd: Tensor4D,
  v_BTGd: Tensor4D,
  at: Nodes,
  kv: KeyValues,
): Tensor4D {
  const sizes = checkSizes(q_BTHd, k_BTGd, v_BTGd, at);
  if (kv instanceof UnrolledKeyValues) return unrolled(kernels, q_BTHd, { k: k_BTGd, v: v_BTGd }, at, kv, sizes);
  if (!isStore(kv)) {
    if (q_BTHd.size === 0) return ofNothing('attention', [q_BTHd, k_BTGd, v_BTGd], q_BTHd.shape);
    return kernels.attention(q_BTHd, k_BTGd, v_BTGd, at, sizes);
  }
  if (tfjsEngine().isTapeOn()) {
    throw new ForetokenError(
      'ENGINE_MISUSE',
      'attention has no gradient through a key/value store; record without one.',
    );
  }
  return kernels.cachedAttention(q_BTHd, k_BTGd, v_BTGd, at, kv, sizes);
}

/** Attention over what the earlier calls of this forward brought, and this one. */
function unrolled(
  kernels: Kernels,
  q: Tensor4D,
  { k, v }: ColumnKeyValues,
  at: Nodes,
  kv: UnrolledKeyValues,
  sizes: AttentionSizes,
): Tensor4D {
  kv.append(at, { k, v });
  const { calls, textNodes } = kv;
  if (q.size === 0) return ofNothing('attention', [q, ...calls.flatMap((call) => [call.k, call.v])], q.shape);
  return calls.length === 1
    ? kernels.attention(q, k, v, at, sizes)
    : kernels.unrolledAttention(q, calls, textNodes!, sizes);
}

const isStore = (kv: KeyValues): kv is KeyValueStore => 'bind' in kv;

function checkSizes(q: Tensor4D, k: Tensor4D, v: Tensor4D, at: Nodes): AttentionSizes {
  const [B, T, H, d] = q.shape;
  const [, , G] = k.shape;
  const expected = [at.B, at.T, G, d];
  const fits = B === at.B && T === at.T && [k, v].every((x) => tf.util.arraysEqual(x.shape, expected)) && H % G === 0;
  if (fits) return { B, T, H, G, d };
  throw shapeMismatch(
    'attention',
    `q [B,T,H,d], k and v [B,T,G,d] over ${at.B} x ${at.T} nodes, H a multiple of G`,
    `q [${q.shape}], k [${k.shape}], v [${v.shape}]`,
  );
}
