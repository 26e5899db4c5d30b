// Runs on the machine with the GPU: prints JSON lines, what happens meanwhile to stderr.
//
//   [--only conformance|bench|processor] [--quick]
import os from 'node:os';
import { parseArgs } from 'node:util';
import { DRIVERS } from '../../../packages/engine/src/engines/index.ts';
import { benchOf } from './bench.mjs';
import { bitsOf } from './bits.mjs';
import { conformanceOf } from './conformance.mjs';

/** Engines that run on a GPU; those that are too large to carry are listed as such. */
const GPU_ENGINES = ['tensorflow', 'webgpu'];
const NOT_CARRIED = { tensorflow: 'TensorFlow is too large to carry; install it on the machine, then link it' };

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const PARTS = ['conformance', 'bench', 'processor'];
if (values.only !== undefined && !PARTS.includes(values.only)) {
  process.stderr.write(`--only: it must be one of ${PARTS.join(', ')}, was "${values.only}".\n`);
  process.exit(2);
}
const print = (kind, line) => process.stdout.write(`${JSON.stringify({ kind, ...line })}\n`);
const say = (line) => process.stderr.write(`${line}\n`);
let failed = 0;
let numRan = 0;

const describeMachine = () => ({
  node: process.versions.node,
  platform: `${process.platform} ${process.arch} ${os.release()}`,
  processor: os.cpus()[0]?.model.trim(),
  threads: os.availableParallelism(),
  memoryBytes: os.totalmem(),
});

async function check(name) {
  for await (const line of conformanceOf(name, say)) {
    failed += line.failed.length;
    print('conformance', line);
  }
  const bits = await bitsOf(name, say);
  failed += bits.failed.length;
  print('bits', bits);
}

async function time(name, isSoftware) {
  for await (const line of benchOf(name, { isSmall: values.quick || isSoftware, say })) {
    if (line.error !== undefined) failed += 1;
    print('bench', line);
  }
}

print('machine', describeMachine());
for (const name of values.only === 'processor' ? ['native'] : GPU_ENGINES) {
  const status = await DRIVERS.find((driver) => driver.name === name).status();
  const carried = status.available || NOT_CARRIED[name] === undefined;
  print('engine', {
    engine: name,
    ran: status.available,
    detail: status.detail,
    ...(carried ? {} : { notRun: NOT_CARRIED[name] }),
  });
  if (!status.available) continue;
  numRan += 1;
  if (values.only === undefined || values.only === 'conformance') await check(name);
  if (values.only !== 'conformance') await time(name, status.detail.includes('software'));
}
print('end', { failed, numRan });
// A machine on which nothing could be checked has not passed.
process.exitCode = failed === 0 && numRan > 0 ? 0 : 1;
