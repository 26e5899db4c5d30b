// The ablations that are measured: small models on made-up text, each in a folder of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Every cell of 4 heads x 2 horizons x 5 rates x 5 batches x 5 seeds. */
const thousand = `axes:
  model.head: [parallel, linear, medusa, sequential]
  model.head.horizon: [2, 3]
  training.learningRate: [1.0e-3, 2.0e-3, 3.0e-3, 4.0e-3, 5.0e-3]
  training.batch: [2, 3, 4, 5, 6]
seeds: [0, 1, 2, 3, 4]`;

const two = 'arms: [{ name: n1, set: { model.head.horizon: 1 } }, { name: n2, set: { model.head.horizon: 2 } }]';

/** What each ablation adds to the base, by name. */
const matrices = {
  plan: { lines: thousand },
  /** Nothing is trained; see no-op-worker.mjs. */
  pool: {
    lines: 'axes: { model.head.horizon: [1, 2] }\nseeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]',
    evals: '[bits-per-byte]',
  },
  /** Trainings alone: some ten seconds each with one thread of a modest processor. */
  workers: { lines: 'seeds: [0, 1, 2, 3]', evals: '[]', width: 128, training: 'steps: 240, batch: 8' },
  finished: {
    lines: `${two}\nseeds: [0, 1, 2, 3, 4]`,
    evals:
      '[{ name: bits-per-byte, windows: 4 }, { name: acceptance, prompts: 1, promptTokens: 8, maxTokens: 16, windows: 4 }]',
    training: 'steps: 20, batch: 2, checkpointEvery: 20, validateEvery: 10',
  },
};

/** Writes an ablation with its text. @returns its file */
export async function writeMatrix(name, folder) {
  const { lines, evals = '[bits-per-byte]', width = 32, training = 'steps: 20, batch: 2' } = matrices[name];
  await mkdir(path.join(folder, 'text'), { recursive: true });
  for (let i = 0; i < 10; i++) {
    const text = Array.from({ length: 200 }, (_, j) => `export const name${(i * j) % 97} = ${(i + 1) * j};\n`).join('');
    await writeFile(path.join(folder, 'text', `${i}.ts`), text);
  }
  const file = path.join(folder, 'ablation.yaml');
  await writeFile(
    file,
    `formatVersion: 1
name: ${name}
output: out
base:
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 64 }
  model: { trunk: { name: transformer, width: ${width}, layers: 6, attentionHeads: 2 } }
  training: { ${training}, validationWindows: 4 }
  evals: ${evals}
${lines}
`,
  );
  return file;
}
