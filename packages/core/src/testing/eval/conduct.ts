import { broken } from '../contract.ts';
import { certainOf } from '../scripted-session.ts';
import { type EvalCase, type EvalCheck, makeEval, measured, parted } from './eval-case.ts';
import { CONTEXT, type Measured, type Ways, watchedSubject, wordsOf } from './watched-subject.ts';

/** Windows of each split where it is looked whether an eval can be stopped. */
const MANY_WINDOWS = 2000;

/** Calls of the subject after which an eval that was told to stop must have stopped. */
const MOST_CALLS = 1500;

/** A user who interrupts an ablation waits for this. */
export const obeysSignal: EvalCheck = {
  title: `stops soon after the signal aborts, within ${MOST_CALLS} calls of the subject, and passes nothing off for a whole outcome`,
  async run(of) {
    const many = wordsOf(3, MANY_WINDOWS * CONTEXT + 4);
    const script = { train: many, validation: many };
    const whole = await measured(of, { script });
    const calls = whole.calls();
    const points = new Set([0, 1, 2, Math.floor(calls / 2), calls - 1].filter((at) => at >= 0 && at < calls));
    for (const at of points) {
      const controller = new AbortController();
      const { outcome, after } = await stoppedAt(of, controller, { script, at });
      const where = `when the signal aborted at call ${at + 1} of ${calls}`;
      if (after > MOST_CALLS) {
        throw broken(
          of,
          `it went on for ${after} calls of the subject ${where}. Look at it now and then in loops of your own: ` +
            '`subject.signal?.throwIfAborted()`, after `await new Promise(setImmediate)`.',
        );
      }
      const found = outcome && parted(outcome, whole.outcome.results);
      if (!found) continue;
      throw broken(
        of,
        `${found} ${where}: part of a measurement passes for the whole. Let the error of an aborted signal through.`,
      );
    }
  },
};

/** What became of a measurement that was told to stop. */
async function stoppedAt(
  of: EvalCase,
  controller: AbortController,
  { script, at }: { script: Ways['script']; at: number },
) {
  const onCall = (calls: number) => {
    if (calls === at) controller.abort();
  };
  const watched = watchedSubject(of, { script, signal: controller.signal, onCall });
  const outcome = await makeEval(of)
    .measure(watched.subject)
    .then(
      ({ results }) => results,
      () => undefined,
    );
  return { outcome, after: watched.calls() - at - 1 };
}

/** A bar that jumps back, or past its end, is worse than none. */
export const reportsProgress: EvalCheck = {
  title: 'reports progress that never falls back and never passes its total',
  async run(of) {
    let last = 0;
    for (const [done, total] of (await measured(of)).reports) {
      const share = total > 0 ? done / total : 0;
      if (!(done >= 0 && done <= total && Number.isFinite(total))) {
        throw broken(of, `progress was reported as ${done} of ${total}. Report a number from 0 to the total.`);
      }
      if (share < last - 1e-9) {
        throw broken(
          of,
          `progress fell from ${last} to ${share} (${done} of ${total}). Count all its stages against one total: stage i of n is ` +
            '`subject.progress(i + done / total, n)`.',
        );
      }
      last = share;
    }
  },
};

/** A session holds the keys and values of every row. */
export const closesSessions: EvalCheck = {
  title: 'closes every session it opened, also where a forward throws and where it is stopped',
  async run(of) {
    const whole = await measured(of);
    checkClosed(of, whole, 'it measured');
    for (const good of [0, 3]) checkClosed(of, await withFailure(of, good), 'a forward threw');
    const controller = new AbortController();
    const onCall = (calls: number) => {
      if (calls === Math.floor(whole.calls() / 2)) controller.abort();
    };
    checkClosed(of, await attempt(of, { signal: controller.signal, onCall }), 'it was stopped');
  },
};

function checkClosed(of: EvalCase, { sessions }: Measured, when: string): void {
  const open = sessions.filter(({ disposed }) => !disposed).length;
  if (open === 0) return;
  throw broken(
    of,
    `${open} of ${sessions.length} sessions were open after ${when}. Dispose what \`subject.openSession()\` gives in \`finally\`.`,
  );
}

/** Measures a model whose forward throws after some that go well. */
function withFailure(of: EvalCase, good: number): Promise<Measured> {
  let forwards = 0;
  const logits = (history: readonly number[]) => {
    if (forwards++ >= good) throw new Error('thrown by the contract suite');
    return certainOf(history.at(-1)!, of.script.vocabulary ?? 256);
  };
  return attempt(of, { script: { model: { levels: 0, logits, vocabulary: of.script.vocabulary ?? 256 } } });
}

/** Measures, whatever comes of it. */
async function attempt(of: EvalCase, ways: Ways): Promise<Measured> {
  const watched = watchedSubject(of, ways);
  await makeEval(of)
    .measure(watched.subject)
    .catch(() => {});
  return watched;
}

/** Evals of a run share one subject, with its scores and emissions. */
export const leavesSubjectAlone: EvalCheck = {
  title: 'leaves the subject, its prompts, scores and emissions as they were',
  async run(of) {
    const written = (await measured(of)).written();
    if (written) throw broken(of, `it wrote into ${written}, which other evals are given as well. Work on a copy.`);
  },
};

/** Evals of a run follow one another in one process, many runs in a matrix. */
export const leavesNoTensors: EvalCheck = {
  title: 'leaves no tensor behind',
  async run(of) {
    // The first subject's model stays for the next one.
    await measured(of);
    const { numTensors } = of.engine.memory();
    await measured(of);
    const left = of.engine.memory().numTensors - numTensors;
    if (left <= 0) return;
    throw broken(of, `it left ${left} tensors behind. Compute with \`ops\` inside \`subject.model.engine.tidy(...)\`.`);
  },
};
