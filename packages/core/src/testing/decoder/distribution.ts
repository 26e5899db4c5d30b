// V vocabulary.
import type { Decoder } from '../../contracts/decoding.ts';
import { createRandom } from '../../random/random.ts';
import { scriptedSession } from '../scripted-session.ts';
import { doesKeep, ofTheDecoder } from './decoder-case.ts';
import { growing, rejectionRule } from './stand-ins.ts';

/** What follows a token: V = 3, by the token before. A head that knows less. */
const MODEL = [
  [0.5, 0.3, 0.2],
  [0.1, 0.3, 0.6],
  [0.35, 0.25, 0.4],
].map((p) => Float64Array.from(p));
const HEAD = Float64Array.of(0.25, 0.45, 0.3);

const ROWS = 150;
const TOKENS = 400;
/** Draws after each token that are looked at: a bias of .035 is seen. */
const DRAWS = 15_000;
const FALSE_ALARM = 1e-6;

/** Sampling through drafts is plain sampling, or it is lossy. */
export const keepsDistribution = ofTheDecoder(
  'gives the distribution of plain sampling with a rule that keeps it, unless it says otherwise',
  async ({ decoder, broken }) => {
    if (!doesKeep(decoder, 'distribution')) return;
    const seen = await drawsOf(decoder);
    for (const [token, counts] of seen.entries()) {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const off = counts.reduce((sum, count, next) => sum + Math.abs(count / total - MODEL[token][next]) / 2, 0);
      if (off <= tolerated(total)) continue;
      throw broken(
        `after token ${token}, ${total} draws were [${counts.map((count) => (count / total).toFixed(3))}], plain sampling gives ` +
          `[${[...MODEL[token]]}]. Take \`next\` and the kept path from the rule, each row with its own stream, or say \`keeps: []\`.`,
      );
    }
  },
);

/** What followed each token, counted. */
async function drawsOf(decoder: Decoder): Promise<number[][]> {
  const seen = [0, 1, 2].map(() => [0, 0, 0]);
  const session = scriptedSession({
    context: TOKENS + 2,
    vocabulary: 3,
    levels: 3,
    logits: (history) => LOGITS[history[history.length - 1]],
    headDistribution: () => HEAD,
  });
  const last = new Int32Array(ROWS);
  const emissions = decoder.generate(session, {
    prompts: Array.from({ length: ROWS }, () => ({ tokens: Int32Array.of(0) })),
    maxTokens: TOKENS,
    rule: rejectionRule,
    policy: growing([2, 1], true),
    random: (index) => createRandom(9, `row ${index}`),
  });
  for await (const { prompt, tokens } of emissions) {
    for (const token of tokens) {
      const after = seen[last[prompt]];
      if (after[0] + after[1] + after[2] < DRAWS) after[token]++;
      last[prompt] = token;
    }
  }
  return seen;
}

const LOGITS = MODEL.map((p_V) => Float32Array.from(p_V, Math.log));

/**
 * The total variation that right draws exceed once in a million.
 * @source Weissman et al. 2003, "Inequalities for the L1 deviation of the empirical distribution", theorem 2.1
 */
function tolerated(draws: number): number {
  return Math.sqrt((2 * (3 * Math.LN2 - Math.log(FALSE_ALARM / 3))) / draws) / 2;
}
