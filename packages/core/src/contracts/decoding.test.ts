// Published decoders, acceptance rules and draft policies, written against the contract and run over a scripted session.
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type Definition, defineAcceptanceRule, defineDecoder, defineDraftPolicy, Type } from '../plugin.ts';
import { type ScriptedModel, scriptedSession } from '../testing/index.ts';
import type {
  AcceptanceRule,
  Decoder,
  DraftPolicy,
  Emission,
  Kept,
  Prompt,
  Session,
  Tree,
  Verdict,
} from './decoding.ts';
import type { Random } from './random.ts';

const EMPTY: Tree = { tokens: new Int32Array(0), parent: new Int32Array(0), q: [] };

/** @source Stern et al. 2018, arXiv:1811.03115: the longest path that the model would have chosen itself */
const exact = defineAcceptanceRule({
  name: 'exact',
  create: () => ({
    keeps: ['greedy'],
    accept(tree, target) {
      const path: number[] = [];
      for (;;) {
        const node = path.at(-1) ?? -1;
        const next = target.argmax(node);
        const child = tree.tokens.findIndex((token, j) => tree.parent[j] === node && token === next);
        if (child < 0) return { path: Int32Array.from(path), next };
        path.push(child);
      }
    },
  }),
});

/** @source Leviathan et al. 2023, arXiv:2211.17192, algorithm 1; several children as in Miao et al. 2023, arXiv:2305.09781 */
const rejection = defineAcceptanceRule({
  name: 'rejection',
  create: () => ({
    keeps: ['distribution'],
    accept(tree, target, random) {
      const path: number[] = [];
      for (;;) {
        const node = path.at(-1) ?? -1;
        let p = target.p(node);
        let kept = -1;
        for (let j = 0; j < tree.tokens.length && kept < 0; j++) {
          if (tree.parent[j] !== node) continue;
          const q = drawnFrom(tree, j);
          const token = tree.tokens[j];
          if (random.uniform() * q[token] < p[token]) kept = j;
          else p = residual(p, q);
        }
        if (kept < 0) return { path: Int32Array.from(path), next: draw(p, random) };
        path.push(kept);
      }
    },
  }),
});

/** The distribution a node was drawn from; a chosen one was certain. */
function drawnFrom(tree: Tree, node: number): ArrayLike<number> {
  const q = tree.q[node];
  return q === 'chosen' ? Float64Array.from({ length: VOCABULARY }, (_, v) => Number(v === tree.tokens[node])) : q;
}

function residual(p: Float64Array, q: ArrayLike<number>): Float64Array {
  const left = p.map((x, v) => Math.max(0, x - q[v]));
  const sum = left.reduce((a, b) => a + b, 0);
  return left.map((x) => x / sum);
}

function draw(p: Float64Array, random: Random): number {
  let left = random.uniform();
  for (let v = 0; v < p.length - 1; v++) {
    left -= p[v];
    if (left < 0) return v;
  }
  return p.length - 1;
}

const fixed = defineDraftPolicy({
  name: 'fixed',
  options: Type.Object({ tokens: Type.Integer({ minimum: 0, default: 3 }) }),
  create: (_, { tokens }) => ({
    grow: (_tree, frontier, _p, at) =>
      at.level > tokens ? [] : frontier.map((node) => ({ node, children: 1, sampled: false })),
  }),
});

/** Goes on while the path is probable by the head's own account. */
const confidence = defineDraftPolicy({
  name: 'confidence',
  options: Type.Object({ threshold: Type.Number({ minimum: 0, maximum: 1, default: 0.3 }) }),
  create: (_, { threshold }) => ({
    grow: (_tree, frontier, p) =>
      frontier
        .filter((node) => Math.max(...p(node)) >= threshold)
        .map((node) => ({ node, children: 1, sampled: false })),
  }),
});

/** Draft, verify, commit, emit: the loop that every decoder of one row a prompt shares. */
async function* rounds(
  session: Session,
  { prompts, maxTokens }: { prompts: readonly Prompt[]; maxTokens: number },
  propose: () => Promise<readonly Tree[]>,
  accept: (tree: Tree, target: Verdict, row: number) => Kept,
): AsyncGenerator<Emission & { row: number }> {
  const byRow = new Map(prompts.map((prompt, index) => [session.join(prompt), { prompt: index, left: maxTokens }]));
  while (session.rows.length > 0) {
    const rows = [...session.rows];
    const trees = await propose();
    const verdicts = await session.verify(trees);
    const kept = trees.map((tree, r) => accept(tree, verdicts[r], rows[r]));
    session.commit(kept);
    for (const [r, row] of rows.entries()) {
      const state = byRow.get(row)!;
      const drafted = Int32Array.from(kept[r].path, (node) => trees[r].tokens[node]);
      const tokens = Int32Array.from([...drafted, kept[r].next]).slice(0, state.left);
      state.left -= tokens.length;
      if (state.left === 0) session.leave(row);
      yield {
        row,
        prompt: state.prompt,
        tokens,
        proposed: nodesByLevel(trees[r]),
        accepted: Math.min(drafted.length, tokens.length),
        finished: state.left === 0 ? 'length' : undefined,
      };
    }
  }
}

function nodesByLevel({ parent }: Tree): number[] {
  const level: number[] = [];
  const counts: number[] = [];
  for (const [j, above] of parent.entries()) {
    level[j] = above < 0 ? 0 : level[above] + 1;
    counts[level[j]] = (counts[level[j]] ?? 0) + 1;
  }
  return counts;
}

const speculative = defineDecoder({
  name: 'speculative',
  create: () => ({
    drafts: true,
    generate: (session, request) =>
      rounds(
        session,
        request,
        () => session.draft(request.policy, request.random),
        (tree, target, row) => request.rule.accept(tree, target, request.random(row)),
      ),
  }),
});

/** @source Saxena 2023, prompt look-up decoding: what followed the last token when it was seen before */
const lookup = defineDecoder({
  name: 'lookup',
  options: Type.Object({ tokens: Type.Integer({ minimum: 1, default: 3 }) }),
  create: (_, { tokens }) => ({
    drafts: true,
    async *generate(session, request) {
      const texts = new Map<number, number[]>();
      const propose = async () =>
        session.rows.map((row) => {
          if (!texts.has(row)) texts.set(row, [...request.prompts[texts.size].tokens]);
          const text = texts.get(row)!;
          const seen = text.lastIndexOf(text.at(-1)!, text.length - 2);
          return chain(seen < 0 ? [] : text.slice(seen + 1, seen + 1 + tokens));
        });
      const accept = (tree: Tree, target: Verdict, row: number) =>
        request.rule.accept(tree, target, request.random(row));
      for await (const emission of rounds(session, request, propose, accept)) {
        texts.get(emission.row)!.push(...emission.tokens);
        yield emission;
      }
    },
  }),
});

const chain = (tokens: readonly number[]): Tree => ({
  tokens: Int32Array.from(tokens),
  parent: Int32Array.from(tokens, (_, j) => j - 1),
  q: tokens.map(() => 'chosen'),
});

/** Beams of one prompt are rows; they part and die by `fork`. */
const beam = defineDecoder({
  name: 'beam',
  options: Type.Object({ width: Type.Integer({ minimum: 1, default: 4 }) }),
  create: (_, { width }) => ({
    drafts: false,
    async *generate(session, { prompts, maxTokens }) {
      for (const [prompt, { tokens }] of prompts.entries()) {
        session.join({ tokens });
        let beams: { text: readonly number[]; score: number }[] = [{ text: [], score: 0 }];
        for (let step = 0; step < maxTokens; step++) {
          const verdicts = await session.verify(beams.map(() => EMPTY));
          const grown = beams.flatMap(({ text, score }, parent) =>
            [...verdicts[parent].p(-1)].map((p, next) => ({
              parent,
              text: [...text, next],
              score: score + Math.log(p),
            })),
          );
          const best = grown.sort((a, b) => b.score - a.score).slice(0, width);
          session.commit(verdicts.map((verdict) => ({ path: new Int32Array(0), next: verdict.argmax(-1) })));
          session.fork(
            best.map(({ parent }) => session.rows[parent]),
            best.map(({ text }) => text.at(-1)!),
          );
          beams = best;
        }
        for (const row of [...session.rows]) session.leave(row);
        yield { prompt, tokens: Int32Array.from(beams[0].text), proposed: [], accepted: 0, finished: 'length' };
      }
    },
  }),
});

// ---- the model they run on: the last two tokens decide the next ----

const VOCABULARY = 4;

/** A fixed pseudo-random distribution after a text; level 0 is the model's own, others are its drafting heads'. */
function scripted(text: readonly number[], level = 0): Float64Array {
  const [a, b] = [text.at(-2) ?? 0, text.at(-1)!];
  const weights = Float64Array.from({ length: VOCABULARY }, (_, v) => {
    const own = Math.sin(39 + 12.9898 * a + 78.233 * b + 37.719 * v) * 43758.5453;
    const head = Math.sin(level * (4.1 + v + a)) * 0.4;
    return Math.exp(3 * (own - Math.floor(own)) + head);
  });
  const sum = weights.reduce((x, y) => x + y, 0);
  return weights.map((weight) => weight / sum);
}

const model: ScriptedModel = {
  context: 1000,
  levels: 3,
  logits: (history) => Float32Array.from(scripted(history), Math.log),
  headDistribution: scripted,
};

const largest = (p: ArrayLike<number>) => Array.from(p).indexOf(Math.max(...Array.from(p)));

function greedy(prompt: readonly number[], maxTokens: number): number[] {
  const text = [...prompt];
  for (let i = 0; i < maxTokens; i++) text.push(largest(scripted(text)));
  return text.slice(prompt.length);
}

const noRandom = {} as Random;

async function decode(decoder: Decoder, prompts: readonly number[][], maxTokens: number, policy: DraftPolicy) {
  const session = scriptedSession(model);
  const texts: number[][] = prompts.map(() => []);
  const rule = exact.create({}, {});
  const asked = { prompts: prompts.map((tokens) => ({ tokens: Int32Array.from(tokens) })), maxTokens, rule, policy };
  for await (const { prompt, tokens } of decoder.generate(session, { ...asked, random: () => noRandom })) {
    texts[prompt].push(...tokens);
  }
  return { texts, forwards: session.forwards };
}

const anyPrompts = fc.array(fc.array(fc.nat({ max: VOCABULARY - 1 }), { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 3,
});

describe('decoders', () => {
  test.each([
    ['speculative, fixed', speculative.create({}, {}), fixed.create({}, { tokens: 3 })],
    ['speculative, confidence', speculative.create({}, {}), confidence.create({}, { threshold: 0.4 })],
    ['lookup', lookup.create({}, { tokens: 3 }), fixed.create({}, { tokens: 0 })],
  ])('%s emits the tokens of greedy decoding in no more forwards', async (_, decoder, policy) => {
    await fc.assert(
      fc.asyncProperty(anyPrompts, async (prompts) => {
        const { texts, forwards } = await decode(decoder, prompts, 12, policy);
        expect(texts).toEqual(prompts.map((prompt) => greedy(prompt, 12)));
        expect(forwards).toBeLessThanOrEqual(12);
      }),
      { numRuns: 50 },
    );
  });

  test('look-up emits whole drafts once the text repeats itself', async () => {
    const none = fixed.create({}, { tokens: 0 });
    const { forwards } = await decode(lookup.create({}, { tokens: 3 }), [[0]], 96, none);
    // The model's text ends in 1203 1203 ...: then each forward gives three drafts and the bonus.
    expect(forwards).toBeLessThanOrEqual(96 / 4 + 12);
  });

  test('a beam as wide as the tree finds the most probable continuation', async () => {
    for (let first = 0; first < VOCABULARY; first++) {
      const { texts } = await decode(
        beam.create({}, { width: VOCABULARY ** 2 }),
        [[first]],
        3,
        fixed.create({}, { tokens: 0 }),
      );
      const all = Array.from({ length: VOCABULARY ** 3 }, (_, i) => [i >> 4, (i >> 2) & 3, i & 3]);
      const score = (text: number[]) =>
        text.reduce((sum, token, i) => sum + Math.log(scripted([first, ...text.slice(0, i)])[token]), 0);
      expect(texts[0]).toEqual(all.sort((a, b) => score(b) - score(a))[0]);
    }
  });
});

describe('acceptance rules', () => {
  const target = (...rows: number[][]): Verdict => ({
    p: (node) => Float64Array.from(rows[node + 1]),
    argmax: (node) => largest(rows[node + 1]),
    logits: (node) => Float32Array.from(rows[node + 1], Math.log),
  });

  test('exact keeps the branch that the model would have taken and adds its next token', () => {
    const tree: Tree = {
      tokens: Int32Array.of(2, 1, 3),
      parent: Int32Array.of(-1, -1, 1),
      q: ['chosen', 'chosen', 'chosen'],
    };
    const wants = [1, 0, 3, 2].map((want) => Array.from({ length: VOCABULARY }, (_, v) => Number(v === want)));
    expect(exact.create({}, {}).accept(tree, target(...wants), noRandom)).toEqual({
      path: Int32Array.of(1, 2),
      next: 2,
    });
  });

  test('rejection gives the first token the distribution of the model, whatever it was drafted from', () => {
    const p = [0.5, 0.3, 0.15, 0.05];
    const q = Float64Array.of(0.1, 0.2, 0.3, 0.4);
    const grid = 200;
    const emitted = [0, 0, 0, 0];
    for (let token = 0; token < VOCABULARY; token++) {
      const tree: Tree = { tokens: Int32Array.of(token), parent: Int32Array.of(-1), q: [q] };
      for (let i = 0; i < grid ** 2; i++) {
        const draws = [((i % grid) + 0.5) / grid, (Math.floor(i / grid) + 0.5) / grid];
        const random = { uniform: () => draws.shift() ?? 0 } as Random;
        const { path, next } = rejection.create({}, {}).accept(tree, target(p, p), random);
        emitted[path.length > 0 ? token : next] += q[token] / grid ** 2;
      }
    }
    for (const [v, share] of emitted.entries()) expect(Math.abs(share - p[v])).toBeLessThan(1 / grid);
  });
});

test('definitions carry their kind and refuse what the contract does not allow', () => {
  expectTypeOf(speculative).toEqualTypeOf<Definition<'decoder'>>();
  expectTypeOf(exact).toEqualTypeOf<Definition<'acceptance-rule'>>();
  expectTypeOf(fixed).toEqualTypeOf<Definition<'draft-policy'>>();
  expectTypeOf(exact).not.toExtend<Definition<'decoder'>>();
  expectTypeOf<AcceptanceRule['accept']>().returns.toEqualTypeOf<Kept>();

  // @ts-expect-error a decoder says whether it drafts
  defineDecoder({ name: 'mute', create: () => ({ async *generate() {} }) });
  // @ts-expect-error emissions are asynchronous
  defineDecoder({ name: 'list', create: () => ({ drafts: false, generate: () => [] }) });
  defineAcceptanceRule({
    name: 'most',
    // @ts-expect-error a rule keeps the greedy text, the distribution, or says nothing
    create: () => ({ keeps: ['most'], accept: () => ({ path: new Int32Array(0), next: 0 }) }),
  });
  // @ts-expect-error a rule must say which token is next
  defineAcceptanceRule({ name: 'endless', create: () => ({ keeps: [], accept: () => ({ path: new Int32Array(0) }) }) });
  // @ts-expect-error a growth says whether it is sampled
  defineDraftPolicy({ name: 'vague', create: () => ({ grow: () => [{ node: 0, children: 1 }] }) });
});
