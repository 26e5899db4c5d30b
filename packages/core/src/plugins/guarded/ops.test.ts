import { readFileSync } from 'node:fs';
import { type Engine, openEngine } from '@foretoken/engine';
import { pluginOps } from '@foretoken/engine/plugin-ops';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadContext } from '../../contracts/head.ts';
import type { Definition } from '../define.ts';
import { guardDefinition } from '../guard.ts';
import { fakePlugin, fakeSource } from '../plugin.fixture.ts';
import { failedHook } from './failure.ts';

const REFERENCE = new URL('../../../../../docs/reference/plugin-api.md', import.meta.url);

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});

/** A call of an operation that may not even exist, without arguments, in the hook of a head. */
function callOf(name: string): () => unknown {
  const create = ({ ops }: HeadContext) => ({
    forward: () => (ops as object as Record<string, () => unknown>)[name](),
  });
  const head = guardDefinition(fakePlugin('head', 'a', { create }), fakeSource) as Definition<'head'>;
  const { forward } = head.create({ ops: pluginOps(engine.ops) } as HeadContext, {});
  return forward as () => unknown;
}

function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** Sections of the reference list members as "- `name(` or `name<`". */
function documented(heading: string): string[] {
  const [, section] = readFileSync(REFERENCE, 'utf8').split(new RegExp(`^### ${heading}$`, 'm'));
  const [members] = section.split(/^#{2,3} /m);
  return [...members.matchAll(/^- `(\w+)[(<].*\n {2}\S/gm)].map(([, name]) => name);
}

describe('the operations that plugins get', () => {
  it('are those of the reference, each with its sentence', () => {
    expect(documented('Ops').sort()).toEqual(Object.keys(pluginOps(engine.ops)).sort());
  });

  it('each fail under the name of the plugin and the hook that called it wrongly, and leave no tensor', () => {
    const before = engine.memory().numTensors;
    for (const name of Object.keys(pluginOps(engine.ops))) {
      const error = errorOf(() => {
        const made = callOf(name)();
        throw new Error(`${name}() gave ${made}`);
      });
      expect(failedHook(error)?.name, `${name}: ${error.message}`).toBe('forward');
      expect(failedHook(error)?.who, name).toBe('head "a"');
    }
    expect(engine.memory().numTensors).toBe(before);
  });

  it.each(['adamw', 'hostLogits', 'linearLoss', 'pickRows', 'sumOfSquares', 'transformerStack'])(
    'are without %s, which is the framework’s',
    (name) => {
      expect(errorOf(callOf(name)).message).toMatch(
        /^PLUGIN_FAILED: head "a" of demo@1\.2\.3: forward threw ".* is not a function"/,
      );
    },
  );
});
