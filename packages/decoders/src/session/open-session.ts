import type { LanguageModel, Session } from '@foretoken/core';
import { planHead } from './head-plan.ts';
import { DecodingSession, type SessionOptions } from './session.ts';

/**
 * Opens a session without rows over a model.
 *
 * The model's weights must not change while rows are open: what the session remembers came from them.
 * @param options - what changes no bit of what it gives
 * @throws OFFSET_UNSUPPORTED if the head declares what decoding does not serve: `carry: 'further'` together with
 * `ahead`, `memory: 'unrolled'` or `extends`
 */
export function openSession(model: LanguageModel, options: SessionOptions = {}): Session {
  return new DecodingSession(model, planHead(model), options);
}
