// V vocabulary. Drafts and what the model says of them, made up at random: what an acceptance rule may be asked to judge.
import type { Sampling, Tree, Verdict } from '../../contracts/decoding.ts';
import type { Random } from '../../contracts/random.ts';
import { drawIndex, indicesOfLargest, without } from '../../generation/distribution.ts';
import { createSampler, type Sampler } from '../../generation/sampler.ts';
import { createRandom } from '../../random/random.ts';
import { pathTo } from '../scripted-draft.ts';

/** A draft, and the model's logits after each of its nodes. */
export interface DraftStep {
  /** For messages, and the name of its stream. */
  readonly what: string;
  readonly tree: Tree;
  readonly vocabulary: number;
  readonly sampler: Sampler;
  /** After the pending token, then after each node. */
  readonly logits: readonly Float32Array[];
  readonly hasSiblings: boolean;
}

/** How the nodes of a draft got their tokens. */
export type DraftedBy = 'chosen' | 'drawn' | 'both';

/** Parents: none, chains, siblings at each level, and some that no plan would make. */
const FORMS: readonly (readonly number[])[] = [
  [],
  [-1],
  [-1, 0],
  [-1, 0, 1, 2],
  [-1, -1, -1],
  [-1, -1, 0, 0, 1, 1],
  [-1, 0, -1, 0, 1, 2, 5],
  [-1, -1, 1, 2, 2, 0, 5, 3],
];

const SAMPLINGS: readonly (Sampling | undefined)[] = [
  undefined,
  { temperature: 0 },
  { topK: 2 },
  { temperature: 0.7, bias: { 0: Number.NEGATIVE_INFINITY, 3: 2, 6: Number.NEGATIVE_INFINITY } },
];

/**
 * Steps of every form and sampling. Heads and model often agree; half of the logits are whole numbers, so that there are
 * ties, and some are -Infinity: what a readout with a vocabulary of its own does not say.
 *
 * @param by - how the tokens of their drafts came about
 */
export function draftSteps(by: DraftedBy): DraftStep[] {
  return FORMS.flatMap((parent, form) =>
    SAMPLINGS.flatMap((sampling, number) =>
      [0, 1].map((isWhole) => {
        const what = `draft ${form} (parents ${JSON.stringify(parent)}), ${by}, sampling ${JSON.stringify(sampling) ?? 'none'}, ${isWhole ? 'ties' : 'no ties'}`;
        const random = createRandom(number, what);
        const says = logitsByText(random, isWhole === 1);
        return draftStep({ what, parent, by, sampling, vocabulary: VOCABULARY, random, says });
      }),
    ),
  );
}

const VOCABULARY = 9;

interface Recipe extends Pick<DraftStep, 'what' | 'vocabulary'> {
  readonly sampling: Sampling | undefined;
  readonly parent: readonly number[];
  readonly by: DraftedBy;
  readonly random: Random;
  /** Logits of the model, or of its heads, after the tokens of a path. */
  says(who: 'model' | 'heads', path: readonly number[]): Float32Array;
}

function draftStep({ parent, by, random, says, sampling, ...step }: Recipe): DraftStep {
  const sampler = createSampler(sampling, step.vocabulary);
  const tokens: number[] = [];
  const q: (Float64Array | 'chosen')[] = [];
  for (const [node, above] of parent.entries()) {
    const isDrawn = by === 'drawn' || (by === 'both' && node % 2 === 1);
    const elders = tokens.filter((_, elder) => parent[elder] === above);
    const logits_V = says('heads', pathTo({ tokens, parent }, above));
    const [token, from] = isDrawn
      ? drawn(logits_V, elders, sampler, random)
      : [chosen(logits_V, elders), 'chosen' as const];
    tokens.push(token);
    q.push(from);
  }
  const tree = { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q };
  const logits = [-1, ...tokens.keys()].map((node) => says('model', pathTo(tree, node)));
  return { ...step, sampler, tree, logits, hasSiblings: new Set(parent).size < parent.length };
}

function chosen(logits_V: Float32Array, elders: readonly number[]): number {
  return indicesOfLargest(logits_V, elders.length + 1).find((token) => !elders.includes(token))!;
}

/** Of what elder siblings left; where they left nothing, of the whole. */
function drawn(
  logits_V: Float32Array,
  elders: readonly number[],
  sampler: Sampler,
  random: Random,
): [token: number, q_V: Float64Array] {
  const p_V = sampler.distribution(logits_V, () => []);
  const q_V = without(p_V, elders) ?? p_V;
  return [drawIndex(q_V, random.uniform()), q_V];
}

/** The same text always says the same; heads say it with some noise. */
function logitsByText(random: Random, isWhole: boolean): Recipe['says'] {
  const known = new Map<string, Float32Array>();
  const rounded = (x: number) => (isWhole ? Math.round(x) : x);
  return (who, path) => {
    const said_V =
      known.get(`${path}`) ??
      Float32Array.from({ length: VOCABULARY }, (_, token) =>
        token > 4 && random.uniform() < 0.15 ? Number.NEGATIVE_INFINITY : rounded(2 * random.normal()),
      );
    known.set(`${path}`, said_V);
    return who === 'model' ? said_V : said_V.map((logit) => logit + rounded(random.normal()));
  };
}

/** A copy of a draft, for whoever may write into it. */
export const copied = ({ tokens, parent, q }: Tree): Tree => ({
  tokens: tokens.slice(),
  parent: parent.slice(),
  q: q.map((q_V) => (q_V === 'chosen' ? q_V : q_V.slice())),
});

/** A verdict that remembers the arrays it gave, so that writing into them shows. */
export interface WatchedVerdict {
  readonly verdict: Verdict;
  /** What it gave, as it was. */
  readonly given: readonly {
    readonly what: string;
    readonly now: ArrayLike<number>;
    readonly before: ArrayLike<number>;
  }[];
}

/** The verdict about a step: as a session's, it knows no other nodes than the draft's. */
export function watchedVerdict({ tree, logits, sampler }: DraftStep): WatchedVerdict {
  const given: { what: string; now: ArrayLike<number>; before: ArrayLike<number> }[] = [];
  const known = new Map<string, Float64Array | Float32Array>();
  const logitsOf = (node: number) => {
    if (Number.isInteger(node) && node >= -1 && node < tree.tokens.length) return logits[node + 1];
    throw new NoSuchNode(
      `node ${node}, where the draft has ${tree.tokens.length}, from 0, and -1 for the pending token`,
    );
  };
  const remembered = <Values extends Float64Array | Float32Array>(what: string, make: () => Values): Values => {
    const made = (known.get(what) as Values | undefined) ?? make();
    if (!known.has(what)) given.push({ what, now: made, before: made.slice() });
    known.set(what, made);
    return made;
  };
  const none = () => [];
  const verdict: Verdict = {
    argmax: (node) => sampler.argmax(logitsOf(node), none),
    p: (node) => remembered(`target.p(${node})`, () => sampler.distribution(logitsOf(node), none)),
    logits: (node) => remembered(`target.logits(${node})`, () => logitsOf(node).slice()),
  };
  return { verdict, given };
}

/** What a verdict throws that is asked about a node that there is not. */
export class NoSuchNode extends Error {
  override readonly name = 'NoSuchNode';
}

/** What the model would say after a node, by a verdict of its own. */
export const saidOf = (step: DraftStep): Verdict => watchedVerdict(step).verdict;
