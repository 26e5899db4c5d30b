// Assembles src/loops/attend.wat into src/loops/attend-wasm.ts. Run it after changing the source; a test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const folder = new URL('../src/loops/', import.meta.url);
const assembler = await wabt();
const module = assembler.parseWat('attend.wat', readFileSync(new URL('attend.wat', folder), 'utf8'), { simd: true });
module.validate({ simd: true });
const bytes = Buffer.from(module.toBinary({}).buffer).toString('base64');
const source = `/** attend.wat as WebAssembly, base64; written by scripts/build-attend.mjs. */
export const ATTEND_WASM =
  '${bytes}';
`;
writeFileSync(new URL('attend-wasm.ts', folder), source);
