import { plainGreedy } from '@foretoken/core/evaluation';
import {
  type AcceptanceRule,
  type Decoder,
  type Emission,
  ForetokenError,
  type NamedDecoder,
} from '@foretoken/core/plugin';

/** Keeps drafts while they are the model's first choices. */
const exactMatch: AcceptanceRule = {
  keeps: ['greedy'],
  accept(tree, target) {
    const path: number[] = [];
    while (path.length < tree.tokens.length && tree.tokens[path.length] === target.argmax(path.length - 1)) {
      path.push(path.length);
    }
    return { path: Int32Array.from(path), next: target.argmax(path.length - 1) };
  },
};

/** Drafts, verifies and commits, one prompt after the other. `bend` may falsify what is emitted. */
export function speculativeDecoder(
  label = 'speculative',
  { rule = exactMatch, bend = (emission: Emission) => emission } = {},
): NamedDecoder {
  const decoder: Decoder = {
    drafts: true,
    async *generate(session, { prompts, maxTokens, policy, random }) {
      for (const [index, prompt] of prompts.entries()) {
        const row = session.join(prompt);
        for (let emitted = 0; emitted < maxTokens; ) {
          const [tree] = await session.draft(policy, () => random(index));
          const [target] = await session.verify([tree]);
          const kept = rule.accept(tree, target, random(index));
          session.commit([kept]);
          const tokens = [...Array.from(kept.path, (node) => tree.tokens[node]), kept.next].slice(
            0,
            maxTokens - emitted,
          );
          const accepted = Math.min(kept.path.length, tokens.length);
          emitted += tokens.length;
          yield bend({
            prompt: index,
            tokens: Int32Array.from(tokens),
            proposed: Array.from(tree.tokens, () => 1),
            accepted,
          });
        }
        session.leave(row);
      }
    },
  };
  return { label, decoder, rule, policy: { grow: () => [] } };
}

/** Greedy under the label that a configuration would give it. */
export function greedyDecoder(label = 'greedy'): NamedDecoder {
  return { ...plainGreedy(), label };
}

/** A decoder that refuses every model. */
export function refusingDecoder(
  label = 'refusing',
  code: 'DRAFT_UNSUPPORTED' | 'SESSION_MISUSE' = 'DRAFT_UNSUPPORTED',
) {
  const decoder: Decoder = {
    drafts: true,
    // biome-ignore lint/correctness/useYield: it throws before its first token
    async *generate() {
      throw new ForetokenError(code, `decoder "${label}": nothing to draft with.`);
    },
  };
  return { ...speculativeDecoder(label), decoder };
}
