import type { Emission, GenerationRequest } from '../../contracts/decoding.ts';
import { nodesPerLevel } from '../../generation/tree.ts';
import { type DecoderForm, followed, ofEveryForm, ofTheDecoder, prompt, type Run, requestOf } from './decoder-case.ts';
import { chainPolicy, drawnRule, exactRule, growing } from './stand-ins.ts';
import { VOCABULARY } from './world.ts';

const GUARANTEES: readonly unknown[] = ['greedy', 'distribution'];

/** Requests that any decoder takes: one row and seven, chains and trees, chosen and drawn. */
function requests(): GenerationRequest[] {
  const seven = Array.from({ length: 7 }, (_, index) => prompt(index, { maxTokens: 3 + 2 * index }));
  return [
    requestOf([prompt(4)]),
    requestOf(seven),
    requestOf(seven, { maxRows: 2, policy: growing([2, 1], false) }),
    requestOf(seven, { rule: drawnRule, policy: growing([1, 1, 1], true) }),
  ];
}

/** Reports word a decoder's output by what it says of itself. */
export const saysWhatItDoes = ofEveryForm(
  'says whether it drafts and what it keeps, and verifies no draft if it says that it drafts none',
  async ({ decoder, broken }) => {
    const { drafts, keeps } = decoder;
    if (typeof drafts !== 'boolean') {
      throw broken(
        `\`drafts\` must be true or false, was ${JSON.stringify(drafts)}. Say whether it verifies drafts at all.`,
      );
    }
    if (keeps !== undefined && (!Array.isArray(keeps) || keeps.some((kept) => !GUARANTEES.includes(kept)))) {
      throw broken(
        `\`keeps\` must be a list of 'greedy' and 'distribution', was ${JSON.stringify(keeps)}. Leave it out where the rule ` +
          'decides; a lossy decoder says `keeps: []`.',
      );
    }
    if (drafts) return;
    const { session, emissions } = await followed(decoder, requestOf([prompt(1), prompt(2)]));
    if (session.verifiedNodes === 0 && emissions.every(({ accepted, proposed }) => accepted + proposed.length === 0))
      return;
    throw broken(
      `it says \`drafts: false\` and verified ${session.verifiedNodes} drafted tokens. Say \`drafts: true\`.`,
    );
  },
);

/** Rates of acceptance and tokens per forward are counted from emissions alone. */
export const accountsForItsForwards = ofEveryForm(
  'emits what each forward gave each row: its tokens, what was drafted and how much of it was kept',
  async (form) => {
    for (const request of requests()) {
      const run = await followed(form.decoder, request);
      for (const [number, emission] of run.emissions.entries()) {
        const fault = formFault(emission, request);
        if (fault) throw form.broken(`emission ${number}: ${fault}`);
      }
      // What a search over copies of rows gives a row is no single forward's.
      if (!run.session.hasForked) comparesWithForwards(form, run, request);
    }
  },
);

/** What is wrong with an emission by itself. */
export function formFault(
  { prompt, tokens, proposed, accepted, finished }: Emission,
  request: GenerationRequest,
): string | undefined {
  if (!request.arriving && request.prompts[prompt] === undefined) {
    return `prompt must be an index into the ${request.prompts.length} prompts, was ${prompt}.`;
  }
  if (!(tokens instanceof Int32Array)) return `tokens must be an Int32Array, was ${JSON.stringify(tokens)}.`;
  const stranger = tokens.find((token) => token < 0 || token >= VOCABULARY);
  if (stranger !== undefined) return `token ${stranger} is not in the vocabulary of ${VOCABULARY}.`;
  if (!Array.isArray(proposed) || Array.from(proposed).some((nodes) => !Number.isInteger(nodes) || nodes < 1)) {
    return `proposed must be the number of nodes of each level, was ${JSON.stringify(proposed)}. \`nodesPerLevel(tree)\` gives it.`;
  }
  if (!Number.isInteger(accepted) || accepted < 0 || accepted > tokens.length || accepted > proposed.length) {
    return `accepted must be the drafted ones of its ${tokens.length} tokens, of ${proposed.length} levels, was ${accepted}.`;
  }
  const isEmpty = finished === 'aborted' || finished === 'failed';
  if (isEmpty !== (tokens.length === 0)) {
    return `${tokens.length} tokens with finished ${JSON.stringify(finished)}: a forward gives one at least, and 'aborted' and 'failed' come with none.`;
  }
  return undefined;
}

function comparesWithForwards(form: DecoderForm, { emissions, session }: Run, { prompts }: GenerationRequest): void {
  for (const { prompt: own, committed } of session.seen.values()) {
    const index = prompts.findIndex(({ tokens }) => `${tokens}` === `${own.tokens}`);
    const said = emissions.filter(({ prompt }) => prompt === index);
    if (said.length !== committed.length) {
      throw form.broken(
        `prompt ${index} had ${committed.length} forwards and ${said.length} emissions. Emit once for every row that a forward read.`,
      );
    }
    for (const [step, { tree, kept }] of committed.entries()) {
      const { tokens, proposed, accepted, finished } = said[step];
      const given = [...Array.from(kept.path, (node) => tree.tokens[node]), kept.next];
      const wanted = finished ? given.slice(0, tokens.length) : given;
      const levels = nodesPerLevel(tree);
      const drafted = Math.min(kept.path.length, tokens.length);
      if (`${wanted}` === `${tokens}` && `${levels}` === `${proposed}` && drafted === accepted) continue;
      throw form.broken(
        `forward ${step} of prompt ${index} gave tokens [${given}] of a draft with [${levels}] nodes a level, ` +
          `${kept.path.length} of them kept, but tokens [${tokens}], proposed [${proposed}] and accepted ${accepted} were ` +
          'emitted. Emit the kept path and the token after it; cut tokens only behind a stop or the last one asked for.',
      );
    }
  }
}

/** The same request, the same emissions: bit by bit. */
export const repeatsItself = ofTheDecoder(
  'emits the same a second time, and writes into nothing that it is given',
  async (form) => {
    for (const request of requests()) {
      const drawn = { ...request, prompts: request.prompts.map((own) => ({ ...own, sampling: { temperature: 0.8 } })) };
      const before = JSON.stringify(drawn.prompts.map(({ tokens }) => [...tokens]));
      const first = await followed(form.decoder, drawn);
      const again = await followed(form.decoder, drawn);
      if (JSON.stringify(drawn.prompts.map(({ tokens }) => [...tokens])) !== before) {
        throw form.broken('it wrote into the tokens of a prompt. Copy them: `[...prompt.tokens]`.');
      }
      const other = first.emissions.findIndex(
        (emission, index) => inWords(emission) !== inWords(again.emissions[index]),
      );
      if (other < 0 && first.emissions.length === again.emissions.length) continue;
      throw form.broken(
        `the same request gave ${inWords(first.emissions[other])} the first time and ${inWords(again.emissions[other])} the second ` +
          '(emission ' +
          `${other}). Draw from \`request.random(prompt)\` alone, and keep nothing from one generation to the next.`,
      );
    }
  },
);

/** An emission as text, for messages and to compare. */
export const inWords = (emission: Emission | undefined): string =>
  emission === undefined
    ? 'nothing'
    : JSON.stringify({ ...emission, tokens: [...emission.tokens], error: emission.error?.message });

/** A rule that compares p with q is given what was drawn, or the request is refused before a forward. */
export const drawsWhereNeeded = ofTheDecoder(
  'drafts for a rule that needs drawn tokens from known distributions, or refuses',
  async ({ decoder, broken }) => {
    let chosen = 0;
    const rule = {
      ...drawnRule,
      accept(...asked: Parameters<typeof drawnRule.accept>) {
        chosen += asked[0].q.filter((q_V) => q_V === 'chosen').length;
        return drawnRule.accept(...asked);
      },
    };
    try {
      await followed(decoder, requestOf([prompt(1), prompt(5)], { rule, policy: chainPolicy }));
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'DRAFT_UNSUPPORTED') throw error;
    }
    if (chosen === 0) return;
    throw broken(
      `it gave ${chosen} chosen tokens to a rule that needs drawn ones. Call \`checkDrawn(rule, tree)\` before it verifies: that ` +
        'refuses with DRAFT_UNSUPPORTED.',
    );
  },
);

/** For options: all that comes out of some requests, as text. */
export async function shownBy(decoder: DecoderForm['decoder']): Promise<string> {
  const shown: string[] = [`${decoder.drafts} ${decoder.keeps}`];
  for (const [rule, policy, more] of [
    [exactRule, chainPolicy, { maxTokens: 48 }],
    [drawnRule, growing([1, 1, 1, 1], true), { maxTokens: 24 }],
    [exactRule, growing([2, 2, 1], false), { stops: { tokens: [2, 8] } }],
  ] as const) {
    for (const order of [1, 3]) {
      const prompts = [prompt(1), prompt(3, { sampling: { temperature: 0.9 } })];
      const world = { order, pattern: 0b0111, context: 200 };
      const run = await followed(decoder, requestOf(prompts, { rule, policy, ...more }), { world });
      shown.push(...run.emissions.map(inWords), `${run.session.forwards} ${run.session.verifiedNodes}`);
    }
  }
  return shown.join('\n');
}
