import type { GenerationRequest, Prompt } from '../../contracts/decoding.ts';
import { inWords } from './accounts.ts';
import {
  codeOf,
  type DecoderForm,
  endOf,
  follow,
  followed,
  isLossless,
  ofTheDecoder,
  prompt,
  requestOf,
  textOf,
} from './decoder-case.ts';
import { WatchedSession } from './watched-session.ts';
import { modelOf, plainText, WORLD } from './world.ts';

/** What a session must be like after a generation, however it ended. */
function leftFault({ rows, disposed }: WatchedSession): string | undefined {
  if (disposed) return 'it disposed of the session, which is the caller’s: leave it open';
  return rows.length === 0
    ? undefined
    : `rows [${rows}] were left in the session: let them leave on every way out, in a \`finally\``;
}

/** A session serves one generation after another. */
export const leavesTheSessionEmpty = ofTheDecoder(
  'leaves the session empty, on whatever way out',
  async ({ decoder, broken }) => {
    const ways: readonly [what: string, run: (session: WatchedSession) => Promise<{ readonly error?: unknown }>][] = [
      ['after the end', (session) => follow(decoder, requestOf([prompt(1), prompt(2)]), { session })],
      [
        'once its reader stopped',
        (session) => follow(decoder, requestOf([prompt(1), prompt(2)]), { session, heard: () => true }),
      ],
      [
        'when a forward failed',
        (session) => {
          session.onVerify = (forwards) => {
            if (forwards === 2) throw FAILURE;
          };
          return follow(decoder, requestOf([prompt(1), prompt(2)]), { session });
        },
      ],
      ['when the rule failed', (session) => follow(decoder, failingRule(), { session })],
    ];
    for (const [what, run] of ways) {
      const session = new WatchedSession(modelOf(WORLD));
      const { error } = await run(session);
      const fault = leftFault(session);
      if (fault) throw broken(`${what}, ${fault}.`);
      if (what === 'when a forward failed' && error !== FAILURE) {
        throw broken(
          `a forward failed with "${FAILURE.message}", and the reader was told ${String(error ?? 'nothing')}. Let errors through.`,
        );
      }
    }
  },
);

const FAILURE = new Error('no such forward');

function failingRule(): GenerationRequest {
  const request = requestOf([prompt(1), prompt(2)]);
  return {
    ...request,
    rule: {
      ...request.rule,
      accept: () => {
        throw FAILURE;
      },
    },
  };
}

/** Someone waits for the keyboard to answer. */
export const endsOnRequest = ofTheDecoder(
  'ends with INTERRUPTED once the signal of its request is aborted',
  async (form) => {
    for (const when of ['before it starts', 'between two steps', 'by a timer'] as const) {
      const controller = new AbortController();
      const session = new WatchedSession(modelOf({ ...WORLD, context: 4_000 }));
      if (when === 'before it starts') controller.abort();
      if (when === 'by a timer') setImmediate(() => controller.abort());
      let after = 0;
      session.onVerify = (forwards) => {
        if (controller.signal.aborted) after++;
        // A forward of a model takes its time; turns are taken by the clock.
        const until = performance.now() + (when === 'by a timer' ? 0.2 : 0);
        while (performance.now() < until);
        if (when === 'between two steps' && forwards === 3) controller.abort();
      };
      const { error } = await follow(
        form.decoder,
        requestOf([prompt(1), prompt(4)], { maxTokens: 3_000, signal: controller.signal }),
        { session },
      );
      const fault = leftFault(session);
      if (fault) throw form.broken(`after an abort ${when}, ${fault}.`);
      if (codeOf(error) !== 'INTERRUPTED') {
        throw form.broken(
          `aborted ${when}, it ${error === undefined ? 'went on to its end' : `threw ${String(error)}`}. Look at \`request.signal\` between two ` +
            'steps, let timers have a turn (`EventLoopTurns`), and throw INTERRUPTED; `generateRows` does.',
        );
      }
      if (after > 1)
        throw form.broken(
          `aborted ${when}, it went on for ${after} forwards. Look at \`request.signal\` between two steps.`,
        );
    }
  },
);

/** One reader who leaves is no matter for the others. */
export const endsOnePromptAlone = ofTheDecoder(
  'ends a prompt whose own signal is aborted, and leaves the others alone',
  async (form) => {
    for (const isLate of [false, true]) {
      const controller = new AbortController();
      if (!isLate) controller.abort();
      const prompts = [prompt(1), prompt(2, { signal: controller.signal, maxTokens: 40 }), prompt(3)];
      let afterAbort = 0;
      const { emissions, session } = await followed(form.decoder, requestOf(prompts), {
        heard(emission) {
          if (emission.prompt !== 1) return false;
          if (controller.signal.aborted && emission.tokens.length > 0) afterAbort++;
          if (isLate) controller.abort();
          return false;
        },
      });
      const end = endOf(emissions, 1);
      if (end?.finished !== 'aborted' || afterAbort > 1) {
        throw form.broken(
          `prompt 1 was aborted ${isLate ? 'after its first tokens' : 'before it started'}, gave tokens ${afterAbort} times since, and its ` +
            `last emission was ${inWords(end)}. End it with \`finished: 'aborted'\`, without tokens.`,
        );
      }
      othersAreRight(form, prompts, emissions, [0, 2]);
      const fault = leftFault(session);
      if (fault) throw form.broken(`after prompt 1 was aborted, ${fault}.`);
    }
  },
);

function othersAreRight(
  form: DecoderForm,
  prompts: readonly Prompt[],
  emissions: Parameters<typeof textOf>[0],
  others: readonly number[],
): void {
  for (const index of others) {
    const text = textOf(emissions, index);
    const wanted = isLossless(form.decoder) ? plainText(WORLD, prompts[index], { maxTokens: 17 }).tokens : text;
    if (`${text}` === `${wanted}` && endOf(emissions, index)?.finished === 'length') continue;
    throw form.broken(
      `prompt ${index} gave [${text}] (${endOf(emissions, index)?.finished ?? 'no end'}), and [${wanted}] would have been its own. ` +
        'What becomes of another prompt is nothing to it.',
    );
  }
}

/** Prompts come as they come; a bad one is its sender's affair. */
export const takesArrivals = ofTheDecoder('decodes prompts that arrive, and fails a bad one alone', async (form) => {
  for (const maxRows of [1, 3]) {
    let isClosed = false;
    const bad = [{ tokens: new Int32Array(0) }, { tokens: Int32Array.of(99) }] as const;
    async function* arriving(): AsyncGenerator<Prompt> {
      try {
        yield prompt(6);
        yield bad[0];
        await new Promise((resolve) => setImmediate(resolve));
        yield bad[1];
        yield prompt(4);
      } finally {
        isClosed = true;
      }
    }
    const prompts = [prompt(1), prompt(2)];
    const { emissions } = await followed(form.decoder, requestOf(prompts, { arriving: arriving(), maxRows }));
    const all = [...prompts, prompt(6), ...bad, prompt(4)];
    othersAreRight(form, all, emissions, [0, 1, 2, 5]);
    for (const [index, code] of [
      [3, 'PROMPT_EMPTY'],
      [4, 'TOKEN_UNKNOWN'],
    ] as const) {
      const end = endOf(emissions, index);
      if (end?.finished === 'failed' && end.error?.code === code) continue;
      throw form.broken(
        `prompt ${index}, which arrived and breaks ${code}, ended with ${inWords(end)}. Fail it alone: \`finished: 'failed'\` and its error.`,
      );
    }
    if (!isClosed) throw form.broken('it ended before its source of prompts did.');
  }
  await closesItsSource(form);
});

async function closesItsSource({ decoder, broken }: DecoderForm): Promise<void> {
  let isClosed = false;
  const arriving: AsyncIterable<Prompt> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        isClosed = true;
        return { done: true, value: undefined };
      },
    }),
  };
  await followed(decoder, requestOf([prompt(1)], { arriving }), { heard: () => true });
  if (!isClosed)
    throw broken('its reader stopped, and the source of prompts was not told. Call the iterator’s `return`.');
}

/** A long generation must not start that cannot end well. */
export const refusesBadRequests = ofTheDecoder(
  'refuses a bad request by its code before anything runs',
  async ({ decoder, broken }) => {
    const open = new WatchedSession(modelOf(WORLD));
    open.join(prompt(8));
    const good = [prompt(1)];
    const requests: readonly [what: string, code: string, request: GenerationRequest, session?: WatchedSession][] = [
      ['no token to emit', 'OPTIONS_INVALID', requestOf(good, { maxTokens: 0 })],
      ['half a row', 'OPTIONS_INVALID', requestOf(good, { maxRows: 0.5 })],
      ['a window as long as the context', 'OPTIONS_INVALID', requestOf(good, { window: WORLD.context })],
      ['texts that stop and no tokenizer', 'OPTIONS_INVALID', requestOf(good, { stops: { strings: ['a'] } })],
      ['an empty prompt', 'PROMPT_EMPTY', requestOf([prompt(1), { tokens: new Int32Array(0) }])],
      ['a token beyond the vocabulary', 'TOKEN_UNKNOWN', requestOf([prompt(1), { tokens: Int32Array.of(99) }])],
      [
        'a prompt as long as the context',
        'PROMPT_TOO_LONG',
        requestOf([prompt(1), prompt(2, { length: WORLD.context })]),
      ],
      ['a negative temperature', 'OPTIONS_INVALID', requestOf([prompt(1, { sampling: { temperature: -1 } })])],
      ['a session with a row', 'SESSION_MISUSE', requestOf(good), open],
    ];
    for (const [what, code, request, session = new WatchedSession(modelOf(WORLD))] of requests) {
      const { error, emissions } = await follow(decoder, request, { session });
      if (codeOf(error) === code && session.forwards === 0 && emissions.length === 0) continue;
      throw broken(
        `a request with ${what} must be refused with ${code} before the first forward; it ${error ? `threw ${String(error)}` : 'was taken'}` +
          ` after ${session.forwards} forwards. \`generateRows\` checks requests.`,
      );
    }
  },
);
