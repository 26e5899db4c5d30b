// A decoder that drafts, verifies and lets the rule choose, of which each part may be another one.
import {
  acceptDrafts,
  type Decoder,
  type Emission,
  type GenerationRequest,
  generateRows,
  type Session,
  type VerifiedStep,
} from '../plugin.ts';

/** What a decoder does otherwise than it should. */
export interface Ways {
  /** What the decoder makes of its request before it looks at it. */
  readonly request?: (request: GenerationRequest, session: Session) => GenerationRequest;
  /** What it makes of a step. */
  readonly step?: (steps: VerifiedStep[], session: Session) => VerifiedStep[] | Promise<VerifiedStep[]>;
  /** What it emits in place of an emission. */
  readonly emit?: (emission: Emission) => readonly Emission[];
}

const same = <Value>(value: Value): Value => value;

/** Drafts, verifies, lets the rule choose; but for what is said. */
export async function* generate(session: Session, given: GenerationRequest, ways: Ways): AsyncGenerator<Emission> {
  const { request: asked = same, step = same, emit = (emission) => [emission] } = ways;
  const request = asked(given, session);
  const emissions = generateRows(session, request, async (rows) => {
    const byRow = new Map(rows.map((row) => [row.row, row]));
    const drafts = await session.draft(request.policy, (row) => byRow.get(row)!.random);
    return step(await acceptDrafts(session, request, rows, drafts), session);
  });
  for await (const emission of emissions) yield* emit(emission);
}

/** The decoder of these ways. */
export const decoderOf = (ways: Ways = {}, more: Partial<Decoder> = {}): Decoder => ({
  drafts: true,
  generate: (session, request) => generate(session, request, ways),
  ...more,
});
