import { type EngineName, listEngines } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';

/**
 * The engines that contracts are checked on: `cpu` first, whose plain loops make a failure the plugin's own.
 *
 * @param chosen - default: all that can run here
 * @throws ENGINE_UNKNOWN, ENGINE_UNAVAILABLE
 */
export async function enginesFor(chosen?: readonly string[]): Promise<readonly EngineName[]> {
  const engines = await listEngines();
  const byJudge = (one: EngineName, other: EngineName) => Number(other === 'cpu') - Number(one === 'cpu');
  if (!chosen)
    return engines
      .filter(({ available }) => available)
      .map(({ name }) => name)
      .sort(byJudge);
  const found = chosen.map((name) => {
    const engine = engines.find((other) => other.name === name);
    if (engine?.available) return engine.name;
    if (engine)
      throw new ForetokenError(
        'ENGINE_UNAVAILABLE',
        `engine "${name}" cannot run here: ${engine.detail}. Name another.`,
      );
    const known = engines.map((other) => other.name).join(', ');
    throw new ForetokenError('ENGINE_UNKNOWN', `no engine ${JSON.stringify(name)}. Engines: ${known}.`);
  });
  return [...new Set(found)].sort(byJudge);
}
