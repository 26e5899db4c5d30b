import type { EngineName, EngineStatus } from '../engine.ts';
import { DRIVERS } from '../engines/index.ts';

/** Engines to test, with commas between; absent: all that can run here. */
const asked = process.env.FORETOKEN_TEST_ENGINES?.split(',');

/** A test of an engine that was asked for by name must not pass by leaving it out. */
function isTested({ name, available, detail }: EngineStatus): boolean {
  if (asked === undefined) return available;
  if (asked.includes(name) && !available) throw new Error(`FORETOKEN_TEST_ENGINES names ${name}, but: ${detail}`);
  return asked.includes(name);
}

/** Names of the engines that can run here and are to be tested. */
export const PRESENT: readonly EngineName[] = (await Promise.all(DRIVERS.map((driver) => driver.status())))
  .filter(isTested)
  .map(({ name }) => name);
