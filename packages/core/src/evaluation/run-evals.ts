import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { Eval, EvalOutcome, Subject } from '../contracts/evaluation.ts';
import { notJson } from '../plugins/not-json.ts';

/** An eval with its options already in it, under the name it was configured by. */
export interface NamedEval {
  readonly name: string;
  readonly eval: Eval;
}

/**
 * Runs evals one after the other on one subject.
 *
 * Progress is counted in evals, with the share of the one at work, and names it.
 * @returns outcomes by name
 * @throws CONFIG_CONFLICT if a name comes twice
 * @throws INTERRUPTED if the subject's signal aborts
 * @throws PLUGIN_FAILED, or the eval's own code, naming the eval; PLUGIN_INVALID if an outcome does not survive JSON
 */
export async function runEvals(
  subject: Subject,
  evals: readonly NamedEval[],
): Promise<{ readonly [name: string]: EvalOutcome }> {
  const outcomes: { [name: string]: EvalOutcome } = {};
  for (const [index, { name, eval: measurement }] of evals.entries()) {
    if (Object.hasOwn(outcomes, name)) {
      throw new ForetokenError('CONFIG_CONFLICT', `evals: "${name}" is listed twice. List each eval once.`);
    }
    if (subject.signal?.aborted) throw interrupted(name);
    const progress = (done: number, total: number) =>
      subject.progress(index + (total > 0 ? done / total : 0), evals.length, name);
    progress(0, 1);
    outcomes[name] = checkedOutcome(name, await measured(name, measurement, { ...subject, progress }));
    progress(1, 1);
  }
  return outcomes;
}

async function measured(name: string, measurement: Eval, subject: Subject): Promise<EvalOutcome> {
  try {
    return await measurement.measure(subject);
  } catch (error) {
    if (subject.signal?.aborted) throw interrupted(name, error);
    const code = isForetokenError(error) ? error.code : 'PLUGIN_FAILED';
    const message = error instanceof Error ? error.message.replace(`${code}: `, '') : String(error);
    // A registered eval answers for itself.
    if (isForetokenError(error) && message.startsWith(`eval "${name}" of `)) throw error;
    throw new ForetokenError(code, `eval "${name}": ${message}`, { cause: error });
  }
}

function interrupted(name: string, cause?: unknown): ForetokenError {
  return new ForetokenError(
    'INTERRUPTED',
    `evaluation stopped at the eval "${name}". Start it again to measure the rest.`,
    { cause },
  );
}

function checkedOutcome(name: string, outcome: EvalOutcome): EvalOutcome {
  const problem = notJson(outcome?.results, 'results') ?? notJson(outcome.timings ?? {}, 'timings');
  if (problem) {
    throw new ForetokenError(
      'PLUGIN_INVALID',
      `eval "${name}": an outcome survives JSON unchanged, but ${problem}. Give plain JSON values.`,
    );
  }
  return outcome;
}
