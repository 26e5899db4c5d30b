import { ForetokenError } from '@foretoken/engine/errors';
import type { AcceptanceRule, Decoder, DraftPolicy, Emission } from '../contracts/decoding.ts';
import type { NamedDecoder } from '../contracts/evaluation.ts';
import { plainGreedy } from '../evaluation/plain-greedy.ts';
import { emptyTree } from '../generation/tree.ts';

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

/** What may be other than usual about a {@link speculativeDecoder}. */
export interface SpeculativeScript {
  /** Default: keeps drafts while they are the model's first choices. */
  readonly rule?: AcceptanceRule;
  /** Default: one that asks for nothing; a scripted session drafts as its model says. */
  readonly policy?: DraftPolicy;
  /** Default true; false: every draft is dropped before it is verified. */
  readonly isDrafting?: boolean;
  /** May falsify what is emitted. */
  bend?(emission: Emission): Emission;
}

/** Drafts, verifies and commits, one prompt after the other: a decoder for tests of evals. */
export function speculativeDecoder(
  label = 'speculative',
  {
    rule = exactMatch,
    policy = { grow: () => [] },
    isDrafting = true,
    bend = (emission) => emission,
  }: SpeculativeScript = {},
): NamedDecoder {
  const decoder: Decoder = {
    drafts: true,
    async *generate(session, { prompts, maxTokens, policy: asked, random, signal }) {
      for (const [index, prompt] of prompts.entries()) {
        const row = session.join(prompt);
        for (let emitted = 0; emitted < maxTokens; ) {
          signal?.throwIfAborted();
          const [drafted] = await session.draft(asked, () => random(index));
          const tree = isDrafting ? drafted : emptyTree();
          const [target] = await session.verify([tree]);
          const kept = rule.accept(tree, target, random(index));
          session.commit([kept]);
          const tokens = [...Array.from(kept.path, (node) => tree.tokens[node]), kept.next].slice(
            0,
            maxTokens - emitted,
          );
          const accepted = Math.min(kept.path.length, tokens.length);
          emitted += tokens.length;
          const proposed = Array.from(tree.tokens, () => 1);
          yield bend({ prompt: index, tokens: Int32Array.from(tokens), proposed, accepted });
        }
        session.leave(row);
      }
    },
  };
  return { label, decoder, rule, policy };
}

/** Greedy under the label that a configuration would give it. */
export function greedyDecoder(label = 'greedy'): NamedDecoder {
  return { ...plainGreedy(), label };
}

/** A decoder that refuses every model. */
export function refusingDecoder(
  label = 'refusing',
  code: 'DRAFT_UNSUPPORTED' | 'SESSION_MISUSE' = 'DRAFT_UNSUPPORTED',
): NamedDecoder {
  const decoder: Decoder = {
    drafts: true,
    // biome-ignore lint/correctness/useYield: it throws before its first token
    async *generate() {
      throw new ForetokenError(code, `decoder "${label}": nothing to draft with. Use another head.`);
    },
  };
  return { ...speculativeDecoder(label), decoder };
}
