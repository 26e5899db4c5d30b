// What a rule makes of a draft: every outcome with its probability, or sequences sampled one by one.
import type { AcceptanceRule } from '../../contracts/decoding.ts';
import type { Random } from '../../contracts/random.ts';
import { drawIndex } from '../../generation/distribution.ts';
import { Explorer, type ExplorerLimits } from './explorer.ts';
import { LazyDraft, type Shape, type Source } from './lazy-draft.ts';
import { append, continued, firstText, type Tables } from './tables.ts';

/** Everything that decides what comes out. */
export interface Setting {
  readonly tables: Tables;
  readonly shape: Shape;
  readonly rule: AcceptanceRule;
  /**
   * Whether the whole draft is drawn before the rule sees it, as decoders give it: plain arrays, and far more to enumerate.
   * Default: a token is drawn when the rule first reads it by its index.
   */
  readonly isDrawnAtOnce?: boolean;
  readonly limits?: ExplorerLimits;
}

/**
 * The exact distribution of the first `length` tokens where one step of the rule is followed by plain sampling: all drafts,
 * all outcomes of the rule. If it is plain sampling's, so is that of any number of steps.
 */
export function afterOneStep(setting: Setting, length: number): Float64Array {
  return continued(setting.tables, outcomesOf(setting, new LazyDraft(setting.tables, setting.shape), 0), length);
}

/** The exact distribution of the first `length` tokens where every step is the rule's. */
export function afterAllSteps(setting: Setting, length: number): Float64Array {
  const { tables, shape } = setting;
  const draft = new LazyDraft(tables, shape);
  const known = new Map<number, Map<number, number>>();
  const end = firstText(length, tables.vocabulary);
  const open = new Map([[0, 1]]);
  const done = new Map<number, number>();
  // What a step gives is longer, and so a larger number: each text is met after all that lead to it.
  for (let text = 0; text < end; text++) {
    const weight = open.get(text);
    if (weight === undefined) continue;
    const state = tables.state(text);
    const outcomes = known.get(state) ?? outcomesOf(setting, draft, state);
    known.set(state, outcomes);
    for (const [behindState, share] of outcomes) {
      const outcome = moved(behindState, state, text, tables.vocabulary);
      const into = outcome < end ? open : done;
      into.set(outcome, (into.get(outcome) ?? 0) + weight * share);
    }
  }
  return continued(tables, done, length);
}

/** Counts of the first `length` tokens over sequences that are decoded one by one. */
export function sampled(setting: Setting, length: number, sequences: number, random: Random): Float64Array {
  const { tables, shape } = setting;
  const draft = new LazyDraft(tables, shape);
  const source = {
    draw: (q: Float64Array) => drawIndex(q, random.uniform()),
    note: () => {},
  };
  const first = firstText(length, tables.vocabulary);
  const counts = new Float64Array(tables.vocabulary ** length);
  const drawn = { ...setting, isDrawnAtOnce: true };
  for (let sequence = 0; sequence < sequences; sequence++) {
    let text = 0;
    while (text < first) text = step(drawn, draft, text, source, random);
    while (text >= first + counts.length) text = Math.floor((text - 1) / tables.vocabulary);
    counts[text - first]++;
  }
  return counts;
}

/** Counts of the first `length` tokens over sequences of which one step is the rule's and the rest plain sampling. */
export function sampledOneStep(setting: Setting, length: number, sequences: number, random: Random): Float64Array {
  const { tables, shape } = setting;
  const { vocabulary } = tables;
  const draft = new LazyDraft(tables, shape);
  const source = { draw: (q: Float64Array) => drawIndex(q, random.uniform()), note: () => {} };
  const first = firstText(length, vocabulary);
  const counts = new Float64Array(vocabulary ** length);
  for (let sequence = 0; sequence < sequences; sequence++) {
    let text = step({ ...setting, isDrawnAtOnce: true }, draft, 0, source, random);
    while (text < first) text = append(text, source.draw(tables.p(text)), vocabulary);
    while (text >= first + counts.length) text = Math.floor((text - 1) / vocabulary);
    counts[text - first]++;
  }
  return counts;
}

/** What follows one text, behind another. */
function moved(whole: number, from: number, to: number, vocabulary: number): number {
  if (whole === from) return to;
  const before = Math.floor((whole - 1) / vocabulary);
  return append(moved(before, from, to, vocabulary), (whole - 1) % vocabulary, vocabulary);
}

function outcomesOf(setting: Setting, draft: LazyDraft, root: number): Map<number, number> {
  return new Explorer((source) => step(setting, draft, root, source, source), setting.limits).outcomes();
}

/** The text that one step leaves behind `root`. */
function step(
  { tables, rule, isDrawnAtOnce }: Setting,
  draft: LazyDraft,
  root: number,
  source: Source,
  random: Random,
): number {
  draft.begin(root, source);
  const tree = isDrawnAtOnce ? draft.drawn() : draft.tree;
  const { path, next } = rule.accept(tree, draft.verdict, random);
  let text = root;
  for (const node of path) text = append(text, tree.tokens[node], tables.vocabulary);
  return append(text, next, tables.vocabulary);
}
