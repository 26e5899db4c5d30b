import { createHash } from 'node:crypto';
import { openEngine } from '@foretoken/engine';
import { fakeBuiltIns } from '../config/built-ins.fixture.ts';
import type { Experiment } from '../config/experiment.ts';
import { resolveExperiment } from '../config/resolve.ts';
import { parseSource } from '../config/source-map.ts';
import type { DocumentEntry } from '../contracts/data.ts';
import { bytesTokenizer } from '../data/bytes-tokenizer.ts';
import { createHost, type Host } from '../di/host.ts';
import {
  type Definition,
  defineDataset,
  defineEval,
  defineHorizonSchedule,
  defineWeighting,
} from '../plugins/define.ts';
import { fakeSource } from '../plugins/plugin.fixture.ts';
import { blocksHead, tinyTrunk } from './tiny-model.fixture.ts';

/** Documents that count on from a letter, in bytes; the last is held out. */
const TEXTS = ['abcdefghij'.repeat(3), 'klmnopqrst'.repeat(2), 'ABCDEFGHIJ'.repeat(2)];

/** Bytes of the documents of each split. */
export const TEXT_BYTES = { train: 50, validation: 20 };

function lettersDataset(texts: readonly string[]): Definition<'dataset'> {
  const documents = texts.map((text, index): DocumentEntry => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const split = index === texts.length - 1 ? 'validation' : 'train';
    return { id: `${index}.txt`, split, bytes: text.length, sha256 };
  });
  const skipped = [{ id: 'empty.txt', reason: 'empty' }];
  return defineDataset({
    name: 'letters',
    create: () => ({
      list: async () => ({ documents, skipped }),
      read: async ({ id }) => Buffer.from(texts[Number.parseInt(id, 10)]),
    }),
  });
}

const uniform = defineWeighting({
  name: 'uniform',
  create: () => ({ start: (terms) => terms.length, now: (count) => new Array<number>(count).fill(1) }),
});

const fixed = defineHorizonSchedule({
  name: 'fixed',
  create: ({ horizon }) => ({ start: () => null, now: () => horizon }),
});

/** The loss of offset 1 on every held-out window. */
const heldOut = defineEval({
  name: 'held-out',
  create: () => ({
    async measure({ validation, losses }) {
      const { meanNats } = await losses(Array.from({ length: validation.count }, (_, index) => index));
      return { results: { nats: meanNats[0] } };
    },
  }),
});

/** Kinds that an experiment names and a training does without. */
const IDLE: readonly string[] = ['decoder', 'acceptance-rule', 'draft-policy'];

/** A host with a model and data small enough to train in a test, and the lines that it logged. */
export async function tinyHost(texts: readonly string[] = TEXTS): Promise<Host & { readonly lines: string[] }> {
  const lines: string[] = [];
  const host = await createHost({
    ...{ builtIns: [], from: import.meta.dirname, log: (line) => void lines.push(line) },
    openSession: () => undefined as never,
    openEngine: () => openEngine({ name: 'wasm' }),
  });
  const fakes = fakeBuiltIns();
  const idle = fakes
    .list()
    .filter(({ kind }) => IDLE.includes(kind))
    .map(({ kind, name }) => fakes.get(kind, name));
  const own = [tinyTrunk, blocksHead, bytesTokenizer, lettersDataset(texts), uniform, fixed, heldOut];
  for (const definition of [...own, ...idle]) host.plugins.builtIns.register(definition, fakeSource);
  return Object.assign(host, { lines });
}

/** An experiment of what {@link tinyHost} has. */
export function tinyExperiment({ plugins }: Host, training = ''): Experiment {
  const text = `
data: { dataset: letters, context: 6 }
model: { trunk: tiny, head: { name: blocks, horizon: 2 } }
training: { steps: 4, batch: 2, accumulate: 2, checkpointEvery: 2, validateEvery: 2, validationWindows: 99, ${training} }
decoders: { greedy: { name: greedy } }
evals: [held-out]
`;
  return resolveExperiment(parseSource(text, 'tiny.yaml'), plugins.builtIns);
}
