import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of its own with eight short texts and `tiny.json`, an experiment that trains in a moment. */
export function tinyExperiment(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-cli-'));
  for (let i = 0; i < 8; i++) writeFileSync(path.join(folder, `${i}.txt`), `document ${i} `.repeat(40));
  const experiment = {
    data: { dataset: { name: 'text-files', include: ['*.txt'], split: { validation: 0.3 } }, context: 16 },
    model: {
      trunk: { name: 'transformer', width: 8, layers: 3, attentionHeads: 1 },
      head: { name: 'parallel', horizon: 2 },
    },
    training: { steps: 4, batch: 1, validationWindows: 1 },
    evals: ['bits-per-byte', { name: 'acceptance', prompts: 1, promptTokens: 4, maxTokens: 8, windows: 2 }],
  };
  writeFileSync(path.join(folder, 'tiny.json'), JSON.stringify(experiment));
  return folder;
}
