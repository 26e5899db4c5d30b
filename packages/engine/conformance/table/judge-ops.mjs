// Judges our own operations on one engine: each against the float64 reference and finite differences, and each that may
// have a kernel against its composite. Prints one line of JSON.
//
//   node packages/engine/conformance/table/judge-ops.mjs ENGINE
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadSource, packageFolder } from '../load-source.mjs';

const groupSource = `
import { attentionCases } from './src/testing/cases-attention.ts';
import { elementwiseCases } from './src/testing/cases-elementwise.ts';
import { linearCases } from './src/testing/cases-linear.ts';
import { reduceCases } from './src/testing/cases-reduce.ts';
import { shapeCases } from './src/testing/cases-shape.ts';
export const groups = {
  elementwise: elementwiseCases, reduce: reduceCases, shape: shapeCases, linear: linearCases, attention: attentionCases,
};
export { compare, judge, TOLERANCE } from './src/testing/judge.ts';
export { createOps } from './src/ops/index.ts';
export { openEngine } from './src/open-engine.ts';
`;

// Kernels of tfjs that the native engine has itself or borrows.
const nativeModule = './src/native/tfjs-kernels.ts';
const nativeSource = existsSync(join(packageFolder, nativeModule)) ? `export * from '${nativeModule}';` : '';

const largest = ({ forward, gradients }) => ({ forward, gradient: Math.max(0, ...gradients) });

/** @returns how many cases there are, and the names of those that fail */
function count(cases, isRight) {
  const failed = cases.filter((opCase) => {
    try {
      return !isRight(opCase);
    } catch {
      return true;
    }
  });
  return { cases: cases.length, failed: failed.map(({ name }) => name) };
}

async function main(name) {
  const { groups, compare, judge, TOLERANCE, createOps, openEngine, ...kernels } = await loadSource(
    groupSource + nativeSource,
  );
  const engine = await openEngine({ name });
  const composites = { ...engine, ops: createOps() };
  const isClose = ({ forward, gradient }) => forward < TOLERANCE.forward && gradient < TOLERANCE.gradient;
  const isRight = (opCase) => {
    const judgement = judge(engine, opCase);
    return judgement.leakedTensors === 0 && isClose(largest(judgement));
  };
  const asComposite = (opCase) => isClose(largest(compare(engine, composites, opCase)));
  const { shape, linear, attention } = groups;
  return {
    ops: Object.fromEntries(Object.entries(groups).map(([group, cases]) => [group, count(cases, isRight)])),
    composites: count([...shape, ...linear, ...attention], asComposite),
    ...(name === 'native' && {
      kernels: { own: kernels.nativeKernelNames?.(), delegated: kernels.delegatedKernelNames?.() },
    }),
  };
}

console.log(JSON.stringify(await main(process.argv[2])));
