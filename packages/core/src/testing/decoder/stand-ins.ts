// V vocabulary. The rules and policies that a decoder is checked with: the simplest that there are.
import type { AcceptanceRule, DraftPolicy } from '../../contracts/decoding.ts';
import { drawIndex } from '../../generation/distribution.ts';

/** Keeps drafts while they are the model's first choices. @source Stern et al. 2018, arXiv:1811.03115 */
export const exactRule: AcceptanceRule = {
  keeps: ['greedy'],
  accept({ tokens, parent }, target) {
    const path: number[] = [];
    for (const [node, token] of tokens.entries()) {
      const last = path.at(-1) ?? -1;
      if (parent[node] === last && token === target.argmax(last)) path.push(node);
    }
    return { path: Int32Array.from(path), next: target.argmax(path.at(-1) ?? -1) };
  },
};

/** Rejection sampling over trees. @source Leviathan et al. 2023, arXiv:2211.17192; Miao et al. 2023, arXiv:2305.09781 */
export const rejectionRule: AcceptanceRule = {
  keeps: ['distribution'],
  accept({ tokens, parent, q }, target, random) {
    const path: number[] = [];
    let p_V = target.p(-1);
    for (const [node, token] of tokens.entries()) {
      if (parent[node] !== (path.at(-1) ?? -1)) continue;
      const q_V = q[node];
      if (random.uniform() * (q_V === 'chosen' ? 1 : q_V[token]) < p_V[token]) {
        path.push(node);
        p_V = target.p(node);
        continue;
      }
      const rest_V = p_V.map((p, other) => Math.max(0, p - (q_V === 'chosen' ? Number(other === token) : q_V[other])));
      const sum = rest_V.reduce((total, p) => total + p, 0);
      if (sum > 0) p_V = rest_V.map((p) => p / sum);
    }
    return { path: Int32Array.from(path), next: drawIndex(p_V, random.uniform()) };
  },
};

/** The same rule for drafts that were drawn, all of them. */
export const drawnRule: AcceptanceRule = { ...rejectionRule, needsDrawn: true };

/** So many children at each level: of the first node as many as it says, of the others one. */
export const growing = (children: readonly number[], sampled: boolean): DraftPolicy => ({
  grow: (_tree, frontier, _p, { level }) =>
    level > children.length
      ? []
      : frontier.map((node, index) => ({ node, children: index === 0 ? children[level - 1] : 1, sampled })),
});

/** A chain of three first choices. */
export const chainPolicy = growing([1, 1, 1], false);
