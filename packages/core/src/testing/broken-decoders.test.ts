// Decoders that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
import { expect, test } from 'vitest';
import {
  type Decoder,
  type DecoderSpec,
  type Definition,
  defineDecoder,
  emptyTree,
  type Prompt,
  Type,
} from '../plugin.ts';
import { failureOf, failuresIn } from './contract-failures.fixture.ts';
import { accountsForItsForwards, drawsWhereNeeded, repeatsItself, saysWhatItDoes } from './decoder/accounts.ts';
import { decoderContract, decoderOptionsAct, decoderWorksOrRefuses } from './decoder/decoder-checks.ts';
import { keepsDistribution } from './decoder/distribution.ts';
import { asksTheRule, tellsThePolicy } from './decoder/policy-calls.ts';
import {
  endsWhereAsked,
  givesLogProbabilities,
  givesPlainTexts,
  goesOnInAWindow,
  keepsRowsApart,
  stopsWhereAsked,
} from './decoder/texts.ts';
import {
  endsOnePromptAlone,
  endsOnRequest,
  leavesTheSessionEmpty,
  refusesBadRequests,
  takesArrivals,
} from './decoder/ways-out.ts';
import { decoderOf, generate, type Ways } from './drafting-decoder.fixture.ts';

const made = (create: () => Decoder, more: Partial<DecoderSpec> = {}): Definition<'decoder'> =>
  defineDecoder({ name: 'broken', create, ...more });

const broken = (ways: Ways, more: Partial<Decoder> = {}) => made(() => decoderOf(ways, more));

const ofPrompts = (change: (prompt: Prompt) => Prompt): Ways => ({
  request: (request) => ({ ...request, prompts: request.prompts.map(change) }),
});

test('the decoder that the others are made of keeps the contract', async () => {
  expect([...(await failuresIn(decoderContract, broken({}), {}, {}))]).toEqual([]);
});

test.each<[what: string, definition: Definition<'decoder'>, title: string, message: RegExp]>([
  [
    'drafts and says that it does not',
    broken({}, { drafts: false }),
    saysWhatItDoes.title,
    /it says `drafts: false` and verified \d+ drafted tokens/,
  ],
  [
    'says something else than what can be kept',
    broken({}, { keeps: ['all'] as never }),
    saysWhatItDoes.title,
    /`keeps` must be a list of 'greedy' and 'distribution', was \["all"\]/,
  ],
  [
    'counts the bonus as drafted',
    broken({ emit: (emission) => [{ ...emission, accepted: emission.tokens.length }] }),
    accountsForItsForwards.title,
    /emission 0: accepted must be the drafted ones of its 1 tokens, of 0 levels, was 1/,
  ],
  [
    'says that only what it kept was proposed',
    broken({ emit: (emission) => [{ ...emission, proposed: emission.proposed.slice(0, emission.accepted) }] }),
    accountsForItsForwards.title,
    /gave tokens \[.*\] of a draft with \[1,1,1\] nodes a level, \d of them kept, but tokens .* were emitted/,
  ],
  [
    'emits token by token',
    broken({
      emit: ({ finished, tokens, accepted, ...emission }) =>
        Array.from(tokens, (token, index) => ({
          ...emission,
          tokens: Int32Array.of(token),
          accepted: index < accepted ? 1 : 0,
          ...(index === tokens.length - 1 && finished && { finished }),
        })),
    }),
    accountsForItsForwards.title,
    /prompt 0 had \d+ forwards and \d+ emissions\. Emit once for every row that a forward read/,
  ],
  [
    'verifies twice',
    broken({
      async step(steps, session) {
        await session.verify(steps.map(() => emptyTree()));
        return steps;
      },
    }),
    accountsForItsForwards.title,
    /SESSION_MISUSE: session: verify was called after verify/,
  ],
  [
    'gives a token too many',
    broken({ request: (request) => ({ ...request, maxTokens: request.maxTokens + 1 }) }),
    endsWhereAsked.title,
    /prompt 0 gave 2 tokens where 1 were asked for, and ended with 'length'.*The prompt asked for/,
  ],
  [
    'does not say that it ends',
    broken({ emit: ({ finished, ...emission }) => [emission] }),
    endsWhereAsked.title,
    /prompt 0 ended 0 times, in emissions {2}of \d\. Set `finished` on its last emission alone/,
  ],
  [
    'knows no limit of a prompt’s own',
    broken(ofPrompts(({ maxTokens, ...prompt }) => prompt)),
    endsWhereAsked.title,
    /prompt 1 gave 1 tokens where 9 were asked for/,
  ],
  [
    'knows no texts that stop',
    broken({ request: (request) => ({ ...request, stops: { tokens: request.stops?.tokens ?? [] } }) }),
    stopsWhereAsked.title,
    /prompt \d ended with \["length",null\], plain decoding with|token \d+ of prompt \d was \d+, where plain decoding gives none/,
  ],
  [
    'knows no stops of a prompt’s own',
    broken(ofPrompts(({ stops, ...prompt }) => prompt)),
    stopsWhereAsked.title,
    /prompt [12]/,
  ],
  [
    'reads one token too many again',
    broken({
      request: ({ window, ...request }) => ({ ...request, ...(window !== undefined && { window: window + 1 }) }),
    }),
    goesOnInAWindow.title,
    /token \d+ of prompt \d was \d+, where plain decoding gives \d+/,
  ],
  [
    'draws all rows from one stream',
    broken({
      request(request) {
        const random = request.random(0);
        return { ...request, random: () => random };
      },
    }),
    keepsRowsApart.title,
    /prompt \d gave \[.*\] with 1 rows at once and \[.*\] with all 7/,
  ],
  [
    'decodes all at once, whatever is asked',
    broken({ request: ({ maxRows, ...request }) => request }),
    keepsRowsApart.title,
    /it decoded 7 rows at once where maxRows is 1/,
  ],
  [
    'gives log-probabilities to the base of two',
    broken({
      emit: ({ logProbabilities, ...emission }) => [
        {
          ...emission,
          ...(logProbabilities && {
            logProbabilities: logProbabilities.map((one) => ({
              ...one,
              logProbability: one.logProbability / Math.LN2,
            })),
          }),
        },
      ],
    }),
    givesLogProbabilities.title,
    /prompt 0, asked for 0 alternatives: token \d+ came with .*, the model says -/,
  ],
  [
    'gives log-probabilities that nobody asked for',
    broken({ request: (request) => ({ logProbabilities: 0, ...request }) }),
    givesLogProbabilities.title,
    /asked for no alternatives: log-probabilities came all the same/,
  ],
  [
    'makes the best of a bad request',
    broken({ request: (request) => ({ ...request, maxTokens: Math.max(1, request.maxTokens) }) }),
    refusesBadRequests.title,
    /a request with no token to emit must be refused with OPTIONS_INVALID before the first forward; it was taken/,
  ],
  [
    'leaves its rows to others when its reader goes',
    made(() =>
      decoderOf(
        {},
        {
          generate(session, request) {
            const emissions = generate(session, request, {});
            return { [Symbol.asyncIterator]: () => ({ next: () => emissions.next() }) };
          },
        },
      ),
    ),
    leavesTheSessionEmpty.title,
    /once its reader stopped, rows \[0,1\] were left in the session/,
  ],
  [
    'keeps quiet about what went wrong',
    made(() =>
      decoderOf(
        {},
        {
          async *generate(session, request) {
            try {
              yield* generate(session, request, {});
            } catch {}
          },
        },
      ),
    ),
    leavesTheSessionEmpty.title,
    /a forward failed with "no such forward", and the reader was told nothing/,
  ],
  [
    'disposes of the session',
    made(() =>
      decoderOf(
        {},
        {
          async *generate(session, request) {
            yield* generate(session, request, {});
            session.dispose();
          },
        },
      ),
    ),
    leavesTheSessionEmpty.title,
    /after the end, it disposed of the session/,
  ],
  [
    'does not look at the request’s signal',
    broken({ request: ({ signal, ...request }) => ({ ...request, maxTokens: 300 }) }),
    endsOnRequest.title,
    /aborted before it starts, it went on to its end\. Look at `request\.signal`/,
  ],
  [
    'does not look at a prompt’s signal',
    broken(ofPrompts(({ signal, ...prompt }) => prompt)),
    endsOnePromptAlone.title,
    /prompt 1 was aborted before it started, gave tokens \d+ times since, and its last emission was .*"finished":"length"/,
  ],
  [
    'ends all with one',
    made(() =>
      decoderOf(
        {},
        {
          async *generate(session, request) {
            for await (const emission of generate(session, request, {})) {
              yield emission;
              if (emission.finished === 'aborted') return;
            }
          },
        },
      ),
    ),
    endsOnePromptAlone.title,
    /prompt 0 gave \[.*\] \(no end\), and \[.*\] would have been its own/,
  ],
  [
    'knows no prompts that arrive',
    broken({ request: ({ arriving, ...request }) => request }),
    takesArrivals.title,
    /prompt 2 gave \[\] \(no end\), and \[/,
  ],
  [
    'falls over a bad prompt that arrives',
    broken({
      emit(emission) {
        if (emission.finished === 'failed') throw emission.error;
        return [emission];
      },
    }),
    takesArrivals.title,
    /it threw while it was checked .*PROMPT_EMPTY/,
  ],
  [
    'does not prepare the policy',
    broken({ request: (request) => ({ ...request, policy: { ...request.policy, prepare: undefined } as never }) }),
    tellsThePolicy.title,
    /the policy must be prepared once, with the empty session, before a row joins; it was with \[\]/,
  ],
  [
    'tells the policy of no draft',
    broken({ request: (request) => ({ ...request, policy: { ...request.policy, learn: () => {} } }) }),
    tellsThePolicy.title,
    /\d+ drafts were verified and the policy learnt of 0/,
  ],
  [
    'tells the policy of no row that is gone',
    broken({ request: (request) => ({ ...request, policy: { ...request.policy, forget: () => {} } }) }),
    tellsThePolicy.title,
    /rows \[.*\] are gone and the policy was told of \[\]/,
  ],
  [
    'keeps the first drafted token, whatever the rule says',
    broken({
      step: (steps) =>
        steps.map((step) =>
          step.tree.tokens.length > 0 && step.kept.path.length === 0
            ? { ...step, kept: { path: Int32Array.of(0), next: step.verdict.argmax(0) } }
            : step,
        ),
    }),
    asksTheRule.title,
    /the rule kept no draft, and \d+ forwards kept some\. Commit what the rule keeps/,
  ],
  [
    'loses something and does not say so',
    broken({
      step: (steps) => steps.map((step) => ({ ...step, kept: { ...step.kept, next: (step.kept.next + 1) % 13 } })),
    }),
    givesPlainTexts.title,
    /token 0 of prompt 0 was \d+, where plain decoding gives \d+/,
  ],
  [
    'gives chosen tokens to a rule that needs drawn ones',
    broken({ request: (request) => ({ ...request, rule: { ...request.rule, needsDrawn: false } }) }),
    drawsWhereNeeded.title,
    /it gave \d+ chosen tokens to a rule that needs drawn ones\. Call `checkDrawn\(rule, tree\)`/,
  ],
  [
    'takes first choices where it should draw',
    broken({
      step: (steps) =>
        steps.map((step) => ({ ...step, kept: { path: new Int32Array(0), next: step.verdict.argmax(-1) } })),
    }),
    keepsDistribution.title,
    /after token 0, \d+ draws were \[1\.000,0\.000,0\.000\], plain sampling gives \[0\.5,0\.3,0\.2\]/,
  ],
  [
    'throws with the same numbers in every step',
    broken({
      request: (request) => ({ ...request, random: (prompt) => ({ ...request.random(prompt), uniform: () => 0.4 }) }),
    }),
    keepsDistribution.title,
    /plain sampling gives/,
  ],
  [
    'writes into its prompts',
    broken(
      ofPrompts((prompt) => {
        prompt.tokens[0] = 7;
        return prompt;
      }),
    ),
    repeatsItself.title,
    /it wrote into the tokens of a prompt/,
  ],
  [
    'remembers the generation before',
    made(() => {
      let generations = 0;
      return decoderOf({
        request: (request) => ({ ...request, random: (prompt) => request.random(prompt + 10 * generations++) }),
      });
    }),
    repeatsItself.title,
    /the same request gave .* the first time and .* the second/,
  ],
  [
    'falls over an option',
    defineDecoder({
      name: 'broken',
      options: Type.Object({ k: Type.Integer({ minimum: 1, maximum: 3, default: 1 }) }),
      create(_, { k }) {
        if (k > 1) throw new TypeError('k is not iterable');
        return decoderOf();
      },
    }),
    decoderWorksOrRefuses.title,
    /it with option "k" 2 throws "k is not iterable"/,
  ],
  [
    'reads an option nowhere',
    made(() => decoderOf(), { options: Type.Object({ k: Type.Integer({ minimum: 1, default: 1 }) }) }),
    decoderOptionsAct.title,
    /option "k" changes neither what the decoder emits .*describeDecoderContract\(/,
  ],
])('a decoder that %s is caught', async (_what, definition, title, message) => {
  const said = await failureOf(decoderContract, title, definition);
  expect(said).toMatch(/^decoder "broken": /);
  expect(said).toMatch(message);
});
