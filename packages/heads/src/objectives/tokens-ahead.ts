// B rows, T positions, N = B*T.

/** The tokens after each position, as far as they are known and in its document. */
export interface TokensAhead {
  /** How many tokens after position `n` are known, from 0. */
  count(n: number): number;
  /** The token `distance` after position `n`, for a distance in 1..count(n). */
  token(n: number, distance: number): number;
}

/**
 * Strings the targets of a batch together: the windows' own tokens and the maxOffset tokens behind each.
 *
 * @param target - of an offset up to maxOffset: N token ids, -1 in another document
 * @param sizes.T - positions of a window
 */
export function tokensAhead(
  target: (offset: number) => Int32Array,
  { T, maxOffset }: { readonly T: number; readonly maxOffset: number },
): TokensAhead {
  const next_N = target(1);
  const behind = Array.from({ length: maxOffset - 1 }, (_, i) => target(i + 2));
  const length = T + maxOffset;
  // Per window, the token at each column from 0 to T-1+maxOffset; -1 where a document starts.
  const tokens = new Int32Array((next_N.length / T) * length);
  const counts = new Int32Array(tokens.length);
  for (let window = 0; window < next_N.length / T; window++) {
    const last = window * T + T - 1;
    const column = (c: number) => (c <= T ? next_N[window * T + c - 1] : behind[c - T - 1][last]);
    for (let c = length - 1; c >= 1; c--) {
      const at = window * length + c;
      tokens[at] = column(c);
      counts[at - 1] = tokens[at] < 0 ? 0 : counts[at] + 1;
    }
  }
  const place = (n: number) => Math.floor(n / T) * length + (n % T);
  return { count: (n) => counts[place(n)], token: (n, distance) => tokens[place(n) + distance] };
}
