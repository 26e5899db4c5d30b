/**
 * Sorts what specs did into passed, not applicable, known differences and failures.
 *
 * Not applicable are specs that asked for a kernel which the engine does not have, and specs that tfjs itself switches
 * off for a backend of this kind.
 * @param results - of `runSpecs`
 * @param known - `[{ reason, specs }]` of the engine
 * @param isWhole - whether every spec ran, so that a known difference that did not show is stale
 * @returns each spec with its `verdict`, and the known differences that did not show
 */
export function judgeSpecs(results, known, isWhole = true) {
  const reasons = new Map(known.flatMap(({ reason, specs }) => specs.map((name) => [name, reason])));
  const specs = withUniqueNames(results).map((result) => ({ ...result, ...verdictOf(result, reasons) }));
  const different = new Set(specs.filter(({ verdict }) => verdict === 'known').map(({ name }) => name));
  return { specs, stale: isWhole ? [...reasons.keys()].filter((name) => !different.has(name)) : [] };
}

function verdictOf({ name, status, missing }, reasons) {
  if (missing.length > 0) return { verdict: 'missing', reason: `missing kernel ${missing.join(', ')}` };
  if (status === 'pending') return { verdict: 'skipped', reason: 'switched off by tfjs for this kind of backend' };
  if (status === 'passed') return { verdict: 'passed' };
  return reasons.has(name) ? { verdict: 'known', reason: reasons.get(name) } : { verdict: 'failed' };
}

/** tfjs has a few names twice: the second of one name is called "name (2)". */
function withUniqueNames(results) {
  const seen = new Map();
  return results.map((result) => {
    const times = (seen.get(result.name) ?? 0) + 1;
    seen.set(result.name, times);
    return times === 1 ? result : { ...result, name: `${result.name} (${times})` };
  });
}

/** What can become of a spec, in the order of the report's columns. */
export const VERDICTS = ['passed', 'failed', 'known', 'missing', 'skipped'];

/** @returns how many specs got each verdict */
export function countVerdicts(specs) {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0]));
  for (const { verdict } of specs) counts[verdict] += 1;
  return counts;
}

/** @returns counts by kernel, in alphabetical order; a spec counts for every kernel that it asked for */
export function countByKernel(specs) {
  const groups = new Map();
  for (const spec of specs) {
    for (const kernel of spec.kernels) groups.set(kernel, [...(groups.get(kernel) ?? []), spec]);
  }
  const names = [...groups.keys()].sort();
  return Object.fromEntries(names.map((kernel) => [kernel, countVerdicts(groups.get(kernel))]));
}

/** @returns how many specs were not applicable for want of each kernel */
export function countMissing(specs) {
  const counts = {};
  for (const { missing } of specs) for (const kernel of missing) counts[kernel] = (counts[kernel] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
