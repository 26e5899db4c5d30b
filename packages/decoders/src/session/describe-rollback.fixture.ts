import { type Engine, type EngineName, openEngine } from '@foretoken/engine';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { anyActions, expectFreshRows } from './rollback.fixture.ts';
import { TINY_HEADS, TINY_TRUNKS, tinyModel, VOCABULARY } from './tiny-models.fixture.ts';

/** The property that a session stands on, for every kind of head on every trunk of one engine. */
export function describeRollback(name: EngineName, numRuns: number): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ name });
  });

  describe.each(TINY_TRUNKS)(`on ${name} and the %s trunk`, (trunk) => {
    test.each(TINY_HEADS)('%s: whatever happened to a row, it equals a fresh one fed its tokens', async (head) => {
      const before = engine.memory().numTensors;
      const model = tinyModel(engine, trunk, head);
      await fc.assert(
        fc.asyncProperty(anyActions(VOCABULARY), fc.integer({ min: 1, max: 10 }), (actions, chunk) =>
          expectFreshRows(model, actions, { chunk }),
        ),
        { numRuns },
      );
      model.dispose();
      expect(engine.memory().numTensors).toBe(before);
    });
  });
}
