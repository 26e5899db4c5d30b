// A row's bits never depend on anything but that row. T tokens, V vocabulary.
import { chainNodes } from '../../../packages/engine/src/nodes.ts';
import { openEngine } from '../../../packages/engine/src/open-engine.ts';
import { SmallModel, VOCABULARY as V } from '../../../packages/engine/src/testing/small-model.ts';

const text = Int32Array.from({ length: 90 }, (_, at) => (at * at + 3 * at) % V);

/** How the text is read: sizes of the chunks, and tokens of a second row beside it. */
const READINGS = {
  'in one piece': { chunks: [90], beside: 0 },
  'in uneven pieces': { chunks: [1, 7, 9, 64, 3, 6], beside: 0 },
  'beside a longer row': { chunks: [30, 30, 30], beside: 41 },
  'beside a shorter row, token by token': { chunks: Array.from(text, () => 1), beside: 1 },
};

/** Reads a text in several ways; every logit must have the bits of reading it token by token, alone. */
export async function bitsOf(name, say) {
  say(`${name}: bits of a row`);
  const model = new SmallModel(await openEngine({ name }));
  const plain = read(model, { chunks: Array.from(text, () => 1), beside: 0 });
  const failed = [];
  for (const [reading, how] of Object.entries(READINGS)) {
    const logits = read(model, how);
    const differing = logits.filter((value, at) => !Object.is(value, plain[at])).length;
    if (differing > 0) failed.push({ name: reading, differing, of: plain.length });
  }
  return { engine: name, readings: Object.keys(READINGS).length, failed };
}

function read(model, { chunks, beside }) {
  const stores = model.createStores();
  const rows = beside > 0 ? [0, 1] : [0];
  for (const store of stores) for (const row of rows) store.join(row);
  const logits = [];
  let done = 0;
  for (const size of chunks) {
    logits.push(...readChunk(model, stores, rows, done, size, beside));
    done += size;
  }
  for (const store of stores) store.dispose();
  return logits;
}

function readChunk(model, stores, rows, done, size, beside) {
  const T = Math.max(size, beside);
  const tokens = new Int32Array(rows.length * T);
  tokens.set(text.subarray(done, done + size));
  const at = chainNodes(rows.length, T, { start_B: rows.map(() => done), length_B: [size, beside] });
  for (const store of stores) store.bind(rows);
  const logits = model.logits(tokens, at, stores);
  at.dispose();
  for (const store of stores) {
    store.commit(
      0,
      Array.from({ length: size }, (_, node) => node),
    );
    // The other row keeps part of what it read, so that its length differs.
    if (rows.length > 1) store.commit(1, beside > 0 ? [0] : []);
  }
  return logits.subarray(0, size * V);
}
