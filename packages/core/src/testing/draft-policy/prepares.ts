import type { DraftPolicy, Tree, Verdict } from '../../contracts/decoding.ts';
import { SessionFacade } from '../../generation/session-facade.ts';
import { broken } from '../contract.ts';
import { LEVELS, smallSession } from './heads.ts';
import { createPolicy, type PolicyCase, type PolicyCheck } from './policy-case.ts';

/** Tokens that a row may hold: enough to measure in. */
const CONTEXT = 400;
/** Forwards without a turn of the event loop, and after an abort, that are too many. */
const MOST_IN_A_ROW = 100;
const MOST_AFTER_ABORT = 1;

/** Counts forwards, and is told of each. */
class CountedSession extends SessionFacade {
  isDisposed = false;
  forwardsInARow = 0;
  mostInARow = 0;
  readonly #onVerify: (forwards: number) => void;

  constructor(context: number, onVerify: (forwards: number) => void = () => {}) {
    super(smallSession(context));
    this.#onVerify = onVerify;
  }

  override async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    if (this.forwardsInARow++ === 0) setImmediate(() => (this.forwardsInARow = 0));
    this.mostInARow = Math.max(this.mostInARow, this.forwardsInARow);
    this.#onVerify(this.forwards + 1);
    return await this.session.verify(trees);
  }

  override dispose(): void {
    this.isDisposed = true;
    super.dispose();
  }
}

/** The first rows of a generation join right after. */
export const preparesInPeace: PolicyCheck = {
  title: 'leaves the session empty that it prepares with, and gives way to an abort',
  async run(of) {
    const policy = createPolicy(of);
    if (!policy.prepare) return;
    for (const context of [CONTEXT, 8]) {
      const session = new CountedSession(context);
      await settled(of, policy.prepare(session, { rows: 3, promptTokens: 4, signal: new AbortController().signal }));
      if (session.isDisposed) throw broken(of, 'prepare disposed of the session. It is the caller’s: leave it open.');
      if (session.rows.length > 0) {
        throw broken(
          of,
          `prepare left rows [${session.rows}] in the session. Let them leave, on every way out: \`session.leave(row)\`.`,
        );
      }
      if (session.mostInARow > MOST_IN_A_ROW) {
        throw broken(
          of,
          `prepare took ${session.mostInARow} steps without a turn for timers and signals, so that nothing could abort it. Wait for ` +
            '`new EventLoopTurns().breathe()` between two steps.',
        );
      }
    }
    await givesWay(of, createPolicy(of));
  },
};

async function givesWay(of: PolicyCase, policy: DraftPolicy): Promise<void> {
  for (const abortAt of [0, 3]) {
    const controller = new AbortController();
    let after = 0;
    const session = new CountedSession(CONTEXT, (forwards) => {
      if (controller.signal.aborted) after++;
      if (forwards === abortAt) controller.abort(new Error('enough'));
    });
    if (abortAt === 0) controller.abort(new Error('enough'));
    // However it settles: the generation ends either way.
    const preparing = policy.prepare!(session, { rows: 2, promptTokens: LEVELS, signal: controller.signal });
    await settled(
      of,
      preparing.catch(() => {}),
    );
    if (after <= MOST_AFTER_ABORT) continue;
    throw broken(
      of,
      `prepare went on for ${after} forwards after its signal was aborted. Look at it between two steps: ` +
        '`at.signal?.throwIfAborted()`.',
    );
  }
}

/** Milliseconds after which nothing more is expected: measuring is a matter of a second. */
const DEADLINE_MS = 20_000;

async function settled(of: PolicyCase, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = broken(
      of,
      `prepare had not settled after ${DEADLINE_MS / 1000} s. Let it end, by a time limit of its own.`,
    );
    timer = setTimeout(() => reject(error), DEADLINE_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
