import { mkdirSync, readFileSync } from 'node:fs';
import { inRoot } from '../../setup/paths.mjs';

const ARMS = ['n=1', 'n=3 parallel', 'n=3 sequential'];

const ablation = {
  formatVersion: 1,
  name: 'ten-seconds',
  output: 'out',
  baseline: ARMS[0],
  seeds: [0, 1],
  base: {
    engine: { name: 'native' },
    data: { dataset: { name: 'text-files', include: ['text/*.md'], split: { validation: 0.3 } }, context: 48 },
    model: {
      trunk: { name: 'transformer', width: 32, layers: 4, attentionHeads: 2, mlpWidth: 64 },
      head: { name: 'parallel', horizon: 3 },
      match: 'parameters',
      maxOffset: 3,
    },
    training: { steps: 40, batch: 2, learningRate: 4e-3, warmupSteps: 5, validationWindows: 4 },
    evals: [
      { name: 'bits-per-byte', windows: 8 },
      { name: 'losslessness', prompts: 2, promptTokens: 8, maxTokens: 16 },
    ],
  },
  arms: [
    { name: ARMS[0], set: { 'model.head.horizon': 1 } },
    { name: ARMS[1] },
    { name: ARMS[2], set: { 'model.head.name': 'sequential' } },
  ],
};

/**
 * Runs an ablation of some ten seconds in a project, on the native engine and on text of its own, and reads what came of it.
 *
 * @returns the exit code and what was printed; the arms' names, cells and claims; the report
 */
export async function ablate(project) {
  mkdirSync(project.path('text'), { recursive: true });
  for (const name of ['architecture', 'plugin-api-why', 'guide/decoding', 'guide/runs', 'guide/versions']) {
    project.write(`text/${name.replace('/', '-')}.md`, readFileSync(inRoot(`docs/${name}.md`), 'utf8'));
  }
  project.write('ablation.json', ablation);
  const { code, captured } = await project.foretoken('ablate', 'ablation.json');
  if (code !== 0) return { code, captured };
  const { arms } = JSON.parse(project.read('out/results.json'));
  return {
    code,
    captured,
    arms: arms.map(({ name, lossless, cells }) => ({ name, lossless, status: cells.map(({ status }) => status) })),
    report: project.read('out/report.md'),
  };
}

/** What {@link ablate} gives of the arms, if all is well. */
export const EXPECTED_ARMS = ARMS.map((name) => ({ name, lossless: true, status: ['done', 'done'] }));
