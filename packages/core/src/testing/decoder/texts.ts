import type { Emission, GenerationRequest, Prompt } from '../../contracts/decoding.ts';
import {
  codeOf,
  type DecoderForm,
  doesKeep,
  endOf,
  type Following,
  follow,
  followed,
  isLossless,
  ofEveryForm,
  ofTheDecoder,
  prompt,
  requestOf,
  textOf,
} from './decoder-case.ts';
import { exactRule, growing, rejectionRule } from './stand-ins.ts';
import { modelOf, plainText, tokenizer, VOCABULARY, WORLD, type World } from './world.ts';

/** Compares the texts of a request with plain decoding's, and how they ended. */
async function comparesTexts(form: DecoderForm, request: GenerationRequest, following: Following = {}): Promise<void> {
  const { emissions } = await followed(form.decoder, request, following);
  const world = following.world ?? WORLD;
  for (const [index, own] of request.prompts.entries()) {
    const fault =
      endFault(emissions, index, own, request) ?? textFault(form, emissions, index, plainText(world, own, request));
    if (fault) throw form.broken(`${fault}${saidLimits(own, request)}`);
  }
}

const saidLimits = ({ maxTokens, stops, sampling }: Prompt, request: GenerationRequest) =>
  ` The prompt asked for ${JSON.stringify({ maxTokens, stops, sampling })}, the request for ${JSON.stringify({
    maxTokens: request.maxTokens,
    stops: request.stops,
    window: request.window,
    maxRows: request.maxRows,
  })}.`;

/** What is wrong with how a prompt ends, whatever its text. */
function endFault(
  emissions: readonly Emission[],
  index: number,
  own: Prompt,
  request: GenerationRequest,
): string | undefined {
  const ends = emissions.filter((emission) => emission.prompt === index);
  const numEnds = ends.filter(({ finished }) => finished !== undefined).length;
  if (numEnds !== 1 || ends.at(-1)?.finished === undefined) {
    return `prompt ${index} ended ${numEnds} times, in emissions ${ends.flatMap(({ finished }, at) => (finished ? [at] : []))} of ${ends.length}. Set \`finished\` on its last emission alone.`;
  }
  const most = own.maxTokens ?? request.maxTokens;
  const length = textOf(emissions, index).length;
  const { finished } = ends[ends.length - 1];
  if (length > most || (finished === 'length' && length !== most)) {
    return `prompt ${index} gave ${length} tokens where ${most} were asked for, and ended with '${finished}'. Cut a draft at the last token asked for.`;
  }
  return undefined;
}

function textFault(
  { decoder }: DecoderForm,
  emissions: readonly Emission[],
  index: number,
  plain: ReturnType<typeof plainText>,
): string | undefined {
  if (!isLossless(decoder)) return undefined;
  const tokens = textOf(emissions, index);
  const end = endOf(emissions, index)!;
  const off = plain.tokens.findIndex((token, at) => token !== tokens[at]);
  if (off >= 0 || tokens.length > plain.tokens.length) {
    const at = off >= 0 ? off : plain.tokens.length;
    return `token ${at} of prompt ${index} was ${tokens[at] ?? 'missing'}, where plain decoding gives ${plain.tokens[at] ?? 'none'}.`;
  }
  if (end.finished === plain.finished && JSON.stringify(end.stop) === JSON.stringify(plain.stop)) return undefined;
  return `prompt ${index} ended with ${JSON.stringify([end.finished, end.stop])}, plain decoding with ${JSON.stringify([plain.finished, plain.stop])}.`;
}

/** One row, and seven of all lengths. */
const BATCHES: readonly (readonly number[])[] = [[5], [0, 1, 2, 3, 4, 5, 6]];

/** Exact matching loses nothing; what its drafts were shows in the number of forwards alone. */
export const givesPlainTexts = ofEveryForm(
  'gives greedy decoding’s text at temperature 0, whatever is drafted, unless it says that it is lossy',
  async (form) => {
    if (!isLossless(form.decoder)) return;
    for (const [rule, policy] of [
      [exactRule, growing([1, 1, 1], false)],
      [exactRule, growing([2, 1, 1, 1], false)],
      [rejectionRule, growing([1, 1, 1], true)],
    ] as const) {
      if (rule === rejectionRule && form.decoder.keeps === undefined && !form.decoder.drafts) continue;
      const step = form.isGiven ? (rule === exactRule ? 1 : 5) : 10;
      for (let pattern = 0; pattern < 16; pattern += step) {
        const world: World = { ...WORLD, order: pattern % 4 === 0 ? 1 : 3, pattern };
        const prompts = BATCHES[pattern % 2].map((first) => prompt(first, samplingOf(first, form)));
        await comparesTexts(form, requestOf(prompts, { rule, policy, maxTokens: 14 }), { world });
      }
    }
  },
);

/** The first choice after bias and penalty; without a temperature too, where greedy's text is what it keeps. */
function samplingOf(first: number, { decoder }: DecoderForm): Partial<Prompt> {
  const temperature =
    doesKeep(decoder, 'greedy') && decoder.keeps !== undefined && first % 2 === 0 ? {} : { temperature: 0 };
  if (first % 3 === 0) return { sampling: temperature };
  return { sampling: { ...temperature, bias: { [first]: -9, 7: Number.NEGATIVE_INFINITY }, repetitionPenalty: 1.3 } };
}

/** Inside a draft, at its ends, and where prompts have limits of their own. */
export const endsWhereAsked = ofTheDecoder(
  'ends each prompt once, at the last token asked for or where the context is full',
  async (form) => {
    for (let maxTokens = 1; maxTokens <= 9; maxTokens++) {
      const prompts = [prompt(1), prompt(2, { maxTokens: 10 - maxTokens }), prompt(3, { maxTokens: maxTokens + 3 })];
      await comparesTexts(form, requestOf(prompts, { maxTokens }), { world: { ...WORLD, pattern: 0b1111 } });
    }
    for (let context = 6; context <= 11; context++) {
      const world = { ...WORLD, context, pattern: 0b1101 };
      await comparesTexts(form, requestOf([prompt(1), prompt(5), prompt(3, { maxTokens: 2 })], { maxTokens: 40 }), {
        world,
      });
    }
  },
);

/** What comes behind a stop was never said: not by the draft that it lay in either. */
export const stopsWhereAsked = ofTheDecoder('stops at tokens and texts, wherever they lie in a draft', async (form) => {
  for (let stop = 0; stop < VOCABULARY; stop++) {
    const stops = { tokens: [stop, (stop + 4) % VOCABULARY] };
    const prompts = [prompt(1), prompt(2, { stops: {} }), prompt(3, { stops: { tokens: [(stop + 1) % VOCABULARY] } })];
    await comparesTexts(form, requestOf(prompts, { stops, maxTokens: 12 }), { world: { ...WORLD, pattern: stop } });
  }
  for (const strings of [['ab'], ['dac', 'ca'], ['bb'], ['abc', 'b'], ['cbd']]) {
    const prompts = [prompt(1), prompt(2, { stops: { strings: ['dd', 'bc'] } }), prompt(6)];
    await comparesTexts(form, requestOf(prompts, { stops: { strings }, tokenizer, maxTokens: 25 }));
  }
});

/** A text of any length from a model of any context. */
export const goesOnInAWindow = ofTheDecoder('goes on from a window of its last tokens, or refuses to', async (form) => {
  for (const window of [1, 4]) {
    const world = { ...WORLD, context: 8 };
    const request = requestOf([prompt(1), prompt(5), prompt(3)], { window, maxTokens: 30 });
    const refused = await follow(form.decoder, request, { world });
    if (codeOf(refused.error) === 'OPTIONS_INVALID') return;
    await comparesTexts(form, request, { world });
  }
});

/** A row's text is its own affair. */
export const keepsRowsApart = ofTheDecoder(
  'gives each prompt the same text, whatever is decoded beside it',
  async (form) => {
    for (const [rule, policy] of [
      [exactRule, growing([1, 1, 1], false)],
      [rejectionRule, growing([1, 1], true)],
    ] as const) {
      const prompts = BATCHES[1].map((first) =>
        prompt(first, { sampling: { temperature: 0.9 }, maxTokens: 4 + first }),
      );
      const together = await followed(form.decoder, requestOf(prompts, { rule, policy }));
      for (const maxRows of [1, 2]) {
        const few = await followed(form.decoder, requestOf(prompts, { rule, policy, maxRows }));
        for (const index of prompts.keys()) {
          const [text, other] = [textOf(together.emissions, index), textOf(few.emissions, index)];
          if (`${text}` === `${other}`) continue;
          throw form.broken(
            `prompt ${index} gave [${other}] with ${maxRows} rows at once and [${text}] with all ${prompts.length}. Let a row follow ` +
              'from its own text and its own stream: `request.random(prompt)`.',
          );
        }
        if (few.session.mostRows <= maxRows || few.session.hasForked) continue;
        throw form.broken(
          `it decoded ${few.session.mostRows} rows at once where maxRows is ${maxRows}. Let the others wait.`,
        );
      }
    }
  },
);

/** The model's own, before any sampling. */
export const givesLogProbabilities = ofTheDecoder(
  'gives the model’s log-probability of every token, where it is asked to',
  async (form) => {
    const { decoder, broken } = form;
    const prompts = [prompt(1), prompt(2, { sampling: { temperature: 0.5, bias: { 3: 2 } } })];
    for (const alternatives of [undefined, 0, 3]) {
      const more = alternatives === undefined ? {} : { logProbabilities: alternatives };
      const { emissions } = await followed(decoder, requestOf(prompts, { ...more, maxTokens: 9 }));
      for (const [index, { tokens }] of prompts.entries()) {
        const text = [...tokens];
        for (const { tokens: given, logProbabilities } of emissions.filter((one) => one.prompt === index)) {
          const fault = listFault(text, given, logProbabilities, alternatives);
          if (fault) throw broken(`prompt ${index}, asked for ${alternatives ?? 'no'} alternatives: ${fault}`);
          text.push(...given);
        }
      }
    }
  },
);

function listFault(
  text: readonly number[],
  tokens: Int32Array,
  given: Emission['logProbabilities'],
  alternatives: number | undefined,
): string | undefined {
  if (alternatives === undefined)
    return given === undefined ? undefined : 'log-probabilities came all the same. Leave them out.';
  if (given?.length !== tokens.length)
    return `${given?.length ?? 'no'} log-probabilities came with ${tokens.length} tokens. Give one for each.`;
  for (const [at, { token, logProbability, top }] of given.entries()) {
    const said_V = logProbabilitiesAfter([...text, ...tokens.slice(0, at)]);
    const best = said_V.toSorted((a, b) => b - a).slice(0, alternatives);
    const isRight = (value: number, wanted: number) => Math.abs(value - wanted) < 1e-9;
    if (token !== tokens[at] || !isRight(logProbability, said_V[token])) {
      return `token ${tokens[at]} came with ${JSON.stringify({ token, logProbability })}, the model says ${said_V[tokens[at]]}. Take it from \`verdict.logits\` of the token before, without sampling.`;
    }
    if (
      top.length !== alternatives ||
      top.some((one, rank) => !isRight(one.logProbability, best[rank]) || !isRight(said_V[one.token], best[rank]))
    ) {
      return `the alternatives of token ${token} were ${JSON.stringify(top)}, the most probable have ${JSON.stringify(best)}.`;
    }
  }
  return undefined;
}

/** By the definition: the logit less the logarithm of the sum of all exponentials. */
function logProbabilitiesAfter(history: readonly number[]): number[] {
  const logits = Array.from(logitsAfter(history));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => logit - Math.log(sum));
}

const { logits: logitsAfter } = modelOf(WORLD);
