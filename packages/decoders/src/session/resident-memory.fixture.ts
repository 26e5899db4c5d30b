// Generations by a session's own calls, whole and broken off, and what they leave in the process.
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DraftPolicy, LanguageModel, Random, Session } from '@foretoken/core';
import { type Engine, openEngine } from '@foretoken/engine';
import { openSession } from './open-session.ts';
import { randomOf } from './rollback.fixture.ts';
import { TINY_HEADS, TINY_TRUNKS, tinyModel, VOCABULARY } from './tiny-models.fixture.ts';

const MEGABYTE = 2 ** 20;

/** Two drawn children of the first node, one chosen one of each other. */
const policy: DraftPolicy = {
  grow: (_tree, frontier, _p, { level }) =>
    level > 3 ? [] : frontier.map((node, index) => ({ node, children: index === 0 ? 2 : 1, sampled: index === 0 })),
};

const failing: DraftPolicy = {
  grow(...asked) {
    if (asked[3].level > 1) throw new Error('a policy failed');
    return policy.grow(...asked);
  },
};

/** One step of every row; its end may be left out. */
async function step(session: Session, dice: Random, isBroken: boolean): Promise<void> {
  const trees = await session.draft(policy, () => dice);
  const verdicts = await session.verify(trees);
  if (isBroken) return;
  session.commit(
    trees.map((tree, r) => {
      const isKept = tree.tokens.length > 0 && dice.uniform() < 0.5;
      return { path: Int32Array.from(isKept ? [0] : []), next: verdicts[r].argmax(isKept ? 0 : -1) };
    }),
  );
}

/** A few rows decoded for a few steps, then ended in one of five ways. */
async function generate(model: LanguageModel, run: number): Promise<Session> {
  const session = openSession(model, { chunk: 1 + (run % 4) });
  const dice = randomOf(run);
  const sampling = run % 3 === 0 ? { temperature: 0.8, repetitionPenalty: 1.2 } : undefined;
  for (let rows = 1 + (run % 3); rows > 0; rows--) {
    session.join({ tokens: Int32Array.from({ length: 5 }, () => dice.integer(VOCABULARY)), sampling });
  }
  for (let steps = 0; steps < 3; steps++) await step(session, dice, false);
  if (run % 5 === 1) session.fork([session.rows[0], session.rows[0]], [1, 2]);
  if (run % 5 === 2) await session.draft(failing, () => dice).catch(() => {});
  if (run % 5 === 3) await step(session, dice, true);
  if (run % 5 === 4) for (const row of session.rows) session.leave(row);
  return session;
}

/** What generations left. */
export interface Growth {
  readonly tensors: number;
  /** Of resident memory, in megabytes. */
  readonly megabytes: number;
}

/**
 * Runs generations over every kind of head and trunk, and compares what the process holds after them and before.
 *
 * @param warmUp - generations before the first look: compiled code and the engine's buffers for reuse stay for good
 * @param looks - times that the generations are run and looked at: what a process allocates late, once, shows in one of
 * them, and what leaks in every one
 * @param isDisposed - false: sessions are left open, as a control
 * @returns the most tensors and the fewest megabytes
 */
export async function growthOver(
  generations: number,
  { warmUp, looks = 1, isDisposed = true }: { warmUp: number; looks?: number; isDisposed?: boolean },
): Promise<Growth> {
  const engine = await openEngine();
  const models = TINY_TRUNKS.flatMap((trunk) => TINY_HEADS.map((head) => tinyModel(engine, trunk, head)));
  const left: Session[] = [];
  const runs = async (from: number, to: number) => {
    for (let run = from; run < to; run++) {
      const session = await generate(models[run % models.length], run);
      if (isDisposed) session.dispose();
      else left.push(session);
      await turn();
    }
  };
  await runs(0, warmUp);
  const seen = [await look(engine)];
  for (let index = 0; index < looks; index++) {
    await runs(warmUp + index * generations, warmUp + (index + 1) * generations);
    seen.push(await look(engine));
  }
  for (const session of left) session.dispose();
  for (const model of models) model.dispose();
  const grown = (of: keyof Growth) => seen.slice(1).map((after, index) => after[of] - seen[index][of]);
  return { tensors: Math.max(...grown('tensors')), megabytes: Math.min(...grown('megabytes')) };
}

/** What is left once nothing more can be collected. The native memory of collected objects is freed in a turn of its own. */
async function look(engine: Engine): Promise<Growth> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 4; round++) {
    collect();
    await turn();
  }
  return { tensors: engine.memory().numTensors, megabytes: process.memoryUsage.rss() / MEGABYTE };
}
