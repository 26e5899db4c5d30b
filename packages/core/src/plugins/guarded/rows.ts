import type { Objective, RowObjective } from '../../contracts/head.ts';
import { guardValue, type ValueCheck } from './guard-hook.ts';
import { type GuardedPlugin, hookOf, ROWS } from './hooks.ts';

/**
 * Guards what a head's `objectives` gives: `rows` of each answers for itself, the rest is as it was.
 *
 * One guard serves all objectives of a head, whatever steps they come from: so it costs a step nothing, and knows its first call.
 * @param objectives - the guarded hook
 * @param check - what `rows` must give, if anything is asked of it
 */
export function guardRows(
  plugin: GuardedPlugin,
  objectives: (...args: unknown[]) => unknown,
  check: ValueCheck | undefined,
): (...args: unknown[]) => unknown {
  let called: RowObjective;
  const guarded = guardValue({
    ...{ hook: hookOf(plugin, ROWS), watch: plugin.watch, check },
    work: (args) => called.rows(...(args as Parameters<RowObjective['rows']>)),
  });
  const withGuard = (objective: RowObjective): RowObjective => {
    const { name, hidden_NE, readout, uses, validRows } = objective;
    const rows = (...args: readonly unknown[]) => {
      called = objective;
      return guarded(...args) as ReturnType<RowObjective['rows']>;
    };
    return { name, hidden_NE, readout, rows, validRows, ...(uses && { uses }) };
  };
  return (...args) => {
    const given = objectives(...args);
    // A suite that judges values itself gets what is no objective as it is.
    if (!Array.isArray(given)) return given;
    return given.map((objective: Objective) => (hasRows(objective) ? withGuard(objective) : objective));
  };
}

const hasRows = (objective: Objective | undefined): objective is RowObjective =>
  typeof objective === 'object' && objective !== null && 'rows' in objective && typeof objective.rows === 'function';
