import { countByKernel, countMissing, countVerdicts, VERDICTS } from './judge-specs.mjs';

/** Everything that a program may want to know of a run. */
export function summarize(engine, { specs, stale }) {
  const pick = (verdict, field) =>
    specs.filter((spec) => spec.verdict === verdict).map((spec) => ({ name: spec.name, [field]: spec[field] }));
  return {
    engine,
    specs: specs.length,
    ...countVerdicts(specs),
    missingKernels: countMissing(specs),
    failures: pick('failed', 'message'),
    differences: pick('known', 'reason'),
    stale,
    kernels: countByKernel(specs),
  };
}

const column = (text) => String(text).padStart(9);

const line = (name, counts) => name.padEnd(32) + VERDICTS.map((verdict) => column(counts[verdict])).join('');

/** The same for a reader: a line per kernel, then what failed, then the sum. */
export function render(summary) {
  const { engine, specs, kernels, failures, stale, missingKernels } = summary;
  const missing = Object.entries(missingKernels).map(([name, count]) => `${name} (${count})`);
  return [
    line('kernel', Object.fromEntries(VERDICTS.map((verdict) => [verdict, verdict]))),
    ...Object.entries(kernels).map(([name, counts]) => line(name, counts)),
    '',
    ...failures.map(({ name, message }) => `failed: ${name}\n        ${message}`),
    ...stale.map((name) => `stale: "${name}" is listed in known-differences.json, but passes; take it out`),
    ...(missing.length > 0 ? [`missing kernels: ${missing.join(', ')}`] : []),
    `${engine}: ${specs} specs of tfjs-core, ${summary.passed} passed, ${summary.failed} failed, ` +
      `${summary.known} known differences, ${summary.missing} not applicable for want of a kernel, ` +
      `${summary.skipped} switched off by tfjs`,
  ].join('\n');
}
