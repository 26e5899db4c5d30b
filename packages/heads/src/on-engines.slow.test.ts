// The contract suite of every head on the engines that people train with; each head's own test runs it on `cpu`.
import { describeHeadContract } from '@foretoken/core/testing';
import { listEngines } from '@foretoken/engine';
import { describe } from 'vitest';
import builtIns from './built-ins.ts';

/** Heads that only train predict offset 1 alone. */
const TRAINING_ONLY = ['register', 'token-order'];
const OPTIONS = { 'token-order': { window: 3 } } as const;

const heads = builtIns.provides.filter(({ kind }) => kind === 'head').map(({ name }) => name);
const present = new Set((await listEngines()).filter(({ available }) => available).map(({ name }) => name));

for (const engine of ['native', 'wasm'] as const) {
  if (!present.has(engine)) {
    if (process.env.CI) throw new Error(`the engine ${engine} cannot run here`);
    console.warn(`on-engines: ${engine} left out, it cannot run on this machine`);
    continue;
  }
  describe(`on ${engine}`, () => {
    for (const name of heads) {
      const horizon = TRAINING_ONLY.includes(name) ? 1 : 3;
      describeHeadContract(builtIns, name, OPTIONS[name as keyof typeof OPTIONS], { engine, horizon });
    }
  });
}
