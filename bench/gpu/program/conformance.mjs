import { openEngine } from '../../../packages/engine/src/open-engine.ts';
import { createKernels, createOps } from '../../../packages/engine/src/ops/index.ts';
import { attentionCases } from '../../../packages/engine/src/testing/cases-attention.ts';
import { elementwiseCases } from '../../../packages/engine/src/testing/cases-elementwise.ts';
import { linearCases } from '../../../packages/engine/src/testing/cases-linear.ts';
import { reduceCases } from '../../../packages/engine/src/testing/cases-reduce.ts';
import { shapeCases } from '../../../packages/engine/src/testing/cases-shape.ts';
import { judge, TOLERANCE } from '../../../packages/engine/src/testing/judge.ts';

const CASES = [...elementwiseCases, ...reduceCases, ...shapeCases, ...linearCases, ...attentionCases];

/** Every op case on an engine, with its kernels and with composites alone, against the float64 reference. */
export async function* conformanceOf(name, say) {
  const engine = await openEngine({ name });
  const plain = createKernels();
  const variants = {
    kernels: engine,
    composites: { ...engine, ops: createOps(plain), createKeyValueStore: (slot) => plain.createStore(slot) },
  };
  for (const [variant, opened] of Object.entries(variants)) {
    say(`${name}: ${CASES.length} cases with ${variant}`);
    yield { engine: name, variant, fingerprint: engine.fingerprint, tolerance: TOLERANCE, ...judgeAll(opened) };
  }
}

function judgeAll(engine) {
  const started = performance.now();
  const worst = { forward: 0, gradient: 0 };
  const failed = [];
  for (const opCase of CASES) {
    const judgement = judged(engine, opCase);
    worst.forward = Math.max(worst.forward, judgement.forward ?? 0);
    worst.gradient = Math.max(worst.gradient, judgement.gradient ?? 0);
    if (!isFine(judgement)) failed.push({ name: opCase.name, ...judgement });
  }
  return { cases: CASES.length, failed, worst, seconds: (performance.now() - started) / 1e3 };
}

function judged(engine, opCase) {
  try {
    const { forward, gradients, leakedTensors } = judge(engine, opCase);
    return { forward, gradient: Math.max(0, ...gradients), leakedTensors };
  } catch (error) {
    return { error: error.message };
  }
}

const isFine = ({ forward, gradient, leakedTensors }) =>
  forward < TOLERANCE.forward && gradient < TOLERANCE.gradient && leakedTensors === 0;
