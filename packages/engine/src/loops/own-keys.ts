// B rows, T nodes, H attention heads, G key/value heads, r = H/G, d width of one attention head, J keys of a node's own
// column beside those of text.

/** Sizes of one call. */
export interface OwnKeySizes {
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly G: number;
  readonly d: number;
}

/** Keys and values [B,T,G,d] of one call, of which a node sees the one in its column. */
export interface OwnKeys {
  readonly k: Float32Array;
  readonly v: Float32Array;
}

/** What attention over text alone gave. */
export interface OverText {
  /** [B,T,H,d] */
  readonly out: Float32Array;
  /** [B,H,T,2]: the largest score, and the reciprocal of the sum of exp(score - largest). */
  readonly stats: Float32Array;
}

/** Where {@link mergeOwnKeys} writes. */
export interface Merged extends OverText {
  /** [J,B,H,T]: the weight of each own key in the result. */
  readonly weights: Float32Array;
}

/**
 * Widens a softmax over text by the own keys of each node.
 *
 * The new statistics keep text's largest score, and the reciprocal sum goes down: exp(score - largest) times it stays
 * the weight of a key of text, and neither can overflow however large an own score is.
 */
export function mergeOwnKeys(
  to: Merged,
  q: Float32Array,
  text: OverText,
  own: readonly OwnKeys[],
  sizes: OwnKeySizes,
): void {
  const { B, T, H, G, d } = sizes;
  const scale = 1 / Math.sqrt(d);
  const scores = new Float64Array(own.length);
  for (let row = 0; row < B; row++) {
    for (let node = 0; node < T; node++) {
      for (let head = 0; head < H; head++) {
        const query = ((row * T + node) * H + head) * d;
        const key = ((row * T + node) * G + Math.floor((head * G) / H)) * d;
        const place = (row * H + head) * T + node;
        const largestOfText = text.stats[2 * place];
        let largest = largestOfText;
        for (let j = 0; j < own.length; j++) {
          scores[j] = scale * dot(q, query, own[j].k, key, d);
          largest = Math.max(largest, scores[j]);
        }
        const shrink = Math.exp(largestOfText - largest);
        let sum = shrink / text.stats[2 * place + 1];
        const ofText = sum;
        for (let j = 0; j < own.length; j++) sum += Math.exp(scores[j] - largest);
        to.stats[2 * place] = largestOfText;
        to.stats[2 * place + 1] = shrink / sum;
        for (let at = 0; at < d; at++) to.out[query + at] = text.out[query + at] * (ofText / sum);
        for (let j = 0; j < own.length; j++) {
          const weight = Math.exp(scores[j] - largest) / sum;
          to.weights[j * B * H * T + place] = weight;
          for (let at = 0; at < d; at++) to.out[query + at] += weight * own[j].v[key + at];
        }
      }
    }
  }
}

/** What {@link ownKeyGradients} reads. */
export interface OwnKeyFlows {
  readonly dy: Float32Array;
  readonly q: Float32Array;
  /** The whole result, and the weights of own keys in it. */
  readonly out: Float32Array;
  readonly weights: Float32Array;
}

/**
 * Gradients by way of own keys: dS = w (dO v - dO O), as for any key of a softmax. Adds to `dq`, which has text's part;
 * writes those of the own keys and values.
 */
export function ownKeyGradients(
  dq: Float32Array,
  to: readonly OwnKeys[],
  { dy, q, out, weights }: OwnKeyFlows,
  own: readonly OwnKeys[],
  sizes: OwnKeySizes,
): void {
  const { B, T, H, G, d } = sizes;
  const scale = 1 / Math.sqrt(d);
  for (const { k, v } of to) {
    k.fill(0);
    v.fill(0);
  }
  for (let row = 0; row < B; row++) {
    for (let node = 0; node < T; node++) {
      for (let head = 0; head < H; head++) {
        const query = ((row * T + node) * H + head) * d;
        const key = ((row * T + node) * G + Math.floor((head * G) / H)) * d;
        const along = dot(dy, query, out, query, d);
        for (let j = 0; j < own.length; j++) {
          const weight = weights[((j * B + row) * H + head) * T + node];
          const dScore = weight * (dot(dy, query, own[j].v, key, d) - along) * scale;
          for (let at = 0; at < d; at++) {
            dq[query + at] += dScore * own[j].k[key + at];
            to[j].k[key + at] += dScore * q[query + at];
            to[j].v[key + at] += weight * dy[query + at];
          }
        }
      }
    }
  }
}

function dot(a: Float32Array, startA: number, b: Float32Array, startB: number, d: number): number {
  let sum = 0;
  for (let at = 0; at < d; at++) sum += a[startA + at] * b[startB + at];
  return sum;
}
