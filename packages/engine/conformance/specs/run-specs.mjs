import { createRequire } from 'node:module';
import { loadSource } from '../load-source.mjs';
import { bundleSpecs, corePath, specFiles } from './bundle-specs.mjs';
import { KernelLog } from './kernel-log.mjs';

const require = createRequire(import.meta.url);

/** Stands for the backend's name in the names of suites, so that a spec has one name on every engine. */
const PLACE = '@';

/** tfjs' asynchronous backend; on the others a tensor can be read at once. */
const ASYNC_ENGINES = ['webgpu'];

/** How long one spec may take, in ms: an engine that compiles shaders is slow at first. */
const SPEC_TIMEOUT_MS = 60_000;

/**
 * Runs tfjs-core's own specs of operations on one engine of ours, in this process: tfjs is of no other use afterwards.
 * @param name - an engine that can run here
 * @param filter - only specs whose name it matches
 * @returns one `{ name, status, kernels, missing, message }` per spec that ran, in tfjs' order; `status` is jasmine's
 * @throws if the specs and the engine are not on one tfjs
 */
export async function runSpecs(name, filter = /(?:)/) {
  const { openEngine, tf } = await loadSource(
    "export { openEngine } from './src/open-engine.ts'; export { tf } from './src/tensor.ts';",
  );
  await openEngine({ name });
  if (require(corePath).Tensor !== tf.Tensor) throw new Error('the specs would run on another copy of tfjs');
  const jasmine = require('jasmine-core').boot(require('jasmine-core'));
  jasmine.DEFAULT_TIMEOUT_INTERVAL = SPEC_TIMEOUT_MS;
  const env = jasmine.getEnv();
  env.configure({ random: false, specFilter: (spec) => filter.test(specName(spec.getFullName())) });
  const { load, setTestEnvs } = await bundleSpecs();
  setTestEnvs([{ name: PLACE, backendName: tf.getBackend(), isDataSync: !ASYNC_ENGINES.includes(name) }]);
  for (const file of specFiles) await load[file]();
  return execute(env, new KernelLog(tf));
}

const specName = (fullName) => fullName.replace(` ${PLACE} {}`, '');

async function execute(env, log) {
  const results = [];
  const record = ({ fullName, status, failedExpectations }, asked) => {
    const message = failedExpectations.map((expectation) => expectation.message.split('\n')[0]).join(' | ');
    results.push({ name: specName(fullName), status, ...asked, message });
  };
  env.addReporter({
    specStarted: () => log.start(),
    specDone: (result) => {
      if (result.status !== 'excluded') record(result, log.take());
    },
    // What goes wrong around specs counts as one failure more.
    suiteDone: (result) => {
      if (result.failedExpectations.length === 0) return;
      const fullName = `around ${result.fullName}`;
      record({ ...result, fullName, status: 'failed' }, { kernels: [], missing: [] });
    },
  });
  await new Promise((resolve) => {
    env.execute(null, resolve);
  });
  return results;
}
