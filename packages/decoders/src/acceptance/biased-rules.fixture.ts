// V vocabulary. Rejection sampling done wrong on purpose: what tests of the distribution must catch.
import type { AcceptanceRule, Tree, Verdict } from '@foretoken/core';
import { drawIndex } from '@foretoken/core';

/** A candidate that is looked at. */
interface Candidate {
  readonly tree: Tree;
  readonly target: Verdict;
  readonly node: number;
  readonly parent: number;
  /** What is left of p before it, and p as it was before its eldest sibling. */
  readonly left_V: Float64Array;
  readonly whole_V: Float64Array;
}

/** The parts of residual sampling, each of which may be replaced by a wrong one. */
interface Parts {
  /** The distribution that a candidate is held against. */
  held(candidate: Candidate): Float64Array;
  /** The distribution that it is taken to be drawn from. */
  drawnFrom(candidate: Candidate): Float64Array;
  /** The probability of keeping it, where it has these in p and q. */
  share(p: number, q: number): number;
  rest(p_V: Float64Array, q_V: Float64Array): Float64Array;
  /** The distribution of the token after the path. */
  next(left_V: Float64Array, tree: Tree, path: readonly number[], isBonus: boolean): Float64Array;
  readonly reusesUniform: boolean;
}

const RIGHT: Parts = {
  held: ({ left_V }) => left_V,
  drawnFrom: ({ tree, node }) => qOf(tree, node),
  share: (p, q) => p / q,
  rest: (p_V, q_V) => normalized(beyond(p_V, q_V), p_V),
  next: (left_V) => left_V,
  reusesUniform: false,
};

/** Residual sampling of which some parts are replaced; of none: a second, independent writing of the rule. */
export function assembled(wrong: Partial<Parts> = {}): AcceptanceRule {
  const parts = { ...RIGHT, ...wrong };
  return {
    keeps: [],
    accept(tree, target, random) {
      const path: number[] = [];
      let last = 0;
      const uniform = () => (last = random.uniform());
      for (;;) {
        const parent = path.at(-1) ?? -1;
        const whole_V = target.p(parent);
        let left_V = whole_V;
        let isBonus = true;
        let kept = -1;
        for (let node = parent + 1; node < tree.parent.length && kept < 0; node++) {
          if (tree.parent[node] !== parent) continue;
          isBonus = false;
          const candidate = { tree, target, node, parent, left_V, whole_V };
          const token = tree.tokens[node];
          const held_V = parts.held(candidate);
          const q_V = parts.drawnFrom(candidate);
          if (uniform() < parts.share(held_V[token], q_V[token])) kept = node;
          else left_V = parts.rest(held_V, q_V);
        }
        if (kept < 0) {
          const next_V = parts.next(normalized(left_V, whole_V), tree, path, isBonus);
          return {
            path: new Int32Array(path),
            next: drawIndex(next_V, parts.reusesUniform ? last || uniform() : uniform()),
          };
        }
        path.push(kept);
      }
    },
  };
}

/** Wrong samplers by what they do. `siblings`: only where a node has several candidates. */
export const BIASED: readonly { readonly what: string; readonly rule: AcceptanceRule; readonly siblings?: true }[] = [
  { what: 'keeps with probability p, not p / q', rule: assembled({ share: (p) => p }) },
  { what: 'always keeps the first candidate', rule: assembled({ share: () => 1 }) },
  {
    what: 'keeps whatever the model finds likelier than the head, and nothing else',
    rule: assembled({ share: (p, q) => Number(p >= q) }),
  },
  { what: 'draws from p, not from its residual', rule: assembled({ rest: (p_V) => p_V }) },
  {
    what: 'takes the residual of q instead: q - p',
    rule: assembled({
      rest: (p_V, q_V) => normalized(beyond(q_V, p_V), q_V),
    }),
  },
  {
    what: 'keeps its residual in eighths, rounded down',
    rule: assembled({ rest: (p_V, q_V) => floored(RIGHT.rest(p_V, q_V), 8) }),
  },
  {
    what: 'draws the bonus from the head',
    rule: assembled({
      next: (left_V, tree, path, isBonus) => (isBonus && path.length > 0 ? qOf(tree, path[path.length - 1]) : left_V),
    }),
  },
  {
    what: 'holds a candidate against p one position on',
    rule: assembled({ held: ({ target, node }) => target.p(node) }),
  },
  { what: 'draws with the uniform number that it tested with', rule: assembled({ reusesUniform: true }) },
  {
    what: 'keeps every candidate with a probability of at least 0.1',
    rule: assembled({ share: (p, q) => Math.max(p / q, 0.1) }),
  },
  {
    what: 'holds a second candidate against the whole of p',
    rule: assembled({ held: ({ whole_V }) => whole_V }),
    siblings: true,
  },
  {
    what: 'does not renormalize a residual before the second candidate',
    rule: assembled({ rest: (p_V, q_V) => p_V.map((p, token) => Math.max(0, p - q_V[token])) }),
    siblings: true,
  },
  {
    what: 'takes a second candidate to be drawn from what the first was',
    rule: assembled({
      drawnFrom: ({ tree, parent }) => qOf(tree, tree.parent.indexOf(parent)),
    }),
    siblings: true,
  },
];

/** A chosen token was certain. Longer than any vocabulary here. */
function qOf({ tokens, q }: Tree, node: number): Float64Array {
  const q_V = q[node];
  return q_V === 'chosen' ? Float64Array.from({ length: 8 }, (_, token) => Number(token === tokens[node])) : q_V;
}

/** What a has that b has not. These are called some million times: plain loops are several times as fast as `map`. */
function beyond(a_V: Float64Array, b_V: Float64Array): Float64Array {
  const rest_V = new Float64Array(a_V.length);
  for (let token = 0; token < rest_V.length; token++) rest_V[token] = Math.max(0, a_V[token] - b_V[token]);
  return rest_V;
}

/** `otherwise` where nothing is there to be normalized. */
function normalized(weights_V: Float64Array, otherwise: Float64Array): Float64Array {
  let sum = 0;
  for (let token = 0; token < weights_V.length; token++) sum += weights_V[token];
  if (sum <= 0) return otherwise;
  const p_V = new Float64Array(weights_V.length);
  for (let token = 0; token < p_V.length; token++) p_V[token] = weights_V[token] / sum;
  return p_V;
}

function floored(p_V: Float64Array, parts: number): Float64Array {
  return normalized(
    p_V.map((p) => Math.floor(p * parts) / parts),
    p_V,
  );
}
