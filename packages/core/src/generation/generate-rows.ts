import type { Emission, GenerationRequest, Session } from '../contracts/decoding.ts';
import { Generation, type Step } from './generation.ts';
import { checkRequest } from './request-checks.ts';

/**
 * The loop that decoders share, so that a step is all that one writes.
 *
 * It checks the request, joins prompts as rows leave and as they arrive, steps, commits, emits, cuts what lies behind a
 * stop or the last token asked for, reads full rows again where a window is asked for, ends what is aborted, and tells
 * the policy what became of its drafts. A decoder that asks no policy hands on a request with one that does nothing.
 *
 * Rows are freed on every way out: the end, an error, an abort, or a consumer that stops reading.
 *
 * @param step - drafts, verifies and chooses for all rows
 * @param check - throws where the decoder cannot do what is asked, before anything else. So a decoder gives back what comes of this
 * function as it is: a generator around it would cost every emission another one's promises
 * @throws SESSION_MISUSE if the session has rows already; OPTIONS_INVALID, PROMPT_EMPTY, PROMPT_TOO_LONG or TOKEN_UNKNOWN
 * for a request out of its rules, all of them at once and before anything runs; INTERRUPTED once the request's signal is
 * aborted; DRAFT_UNSUPPORTED if the rule needs drawn drafts and got a chosen one; PLUGIN_INVALID if the step does not
 * give one item per row; what `arriving` throws, once all rows before are finished
 */
export async function* generateRows(
  session: Session,
  request: GenerationRequest,
  step: Step,
  check?: () => void,
): AsyncGenerator<Emission, void, undefined> {
  check?.();
  checkRequest(session, request);
  const generation = new Generation(session, request);
  try {
    await generation.prepare();
    while (!generation.isOver) {
      // Loops, not `yield*`: that takes an iterator and a promise for every list, empty ones too.
      if (!generation.hasNothingToAdmit) for (const emission of await generation.admit()) yield emission;
      if (generation.isIdle) await generation.arrival();
      else for (const emission of await generation.advance(step)) yield emission;
    }
  } finally {
    generation.close();
  }
}
