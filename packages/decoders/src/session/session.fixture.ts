// What tests of a session's calls share: prompts, trees, paths, and what a fresh session says.
import type { DraftPolicy, Kept, LanguageModel, Session, Tree } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';
import { openSession } from './open-session.ts';

/** One child at every node of the frontier, as far as the model drafts. */
export const chain: DraftPolicy = {
  grow: (_, frontier) => frontier.map((node) => ({ node, children: 1, sampled: false })),
};

export const prompt = (...tokens: number[]) => ({ tokens: Int32Array.from(tokens) });

/** Nothing of a draft stays. */
export const nothing = (next: number): Kept => ({ path: new Int32Array(0), next });

export const treeOf = (tokens: number[], parent: number[]): Tree => ({
  tokens: Int32Array.from(tokens),
  parent: Int32Array.from(parent),
  q: tokens.map(() => 'chosen'),
});

/** A step without drafts. */
export async function step(session: Session, kept: readonly Kept[]): Promise<void> {
  await session.verify(session.rows.map(emptyTree));
  session.commit(kept);
}

/** Logits that a fresh session gives after these tokens. */
export async function freshLogits(model: LanguageModel, tokens: readonly number[]): Promise<Float32Array> {
  const fresh = openSession(model);
  fresh.join(prompt(...tokens));
  const [verdict] = await fresh.verify([emptyTree()]);
  fresh.dispose();
  return verdict.logits(-1);
}
