import type { EngineName } from '../engine.ts';
import { ForetokenError } from '../errors.ts';
import { tf } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';

/**
 * Makes a registered tfjs backend the active one, without its banners.
 * @throws ENGINE_UNAVAILABLE if it does not start
 */
export async function activateBackend(name: EngineName): Promise<void> {
  let cause: unknown;
  const opened = await tf.setBackend(name).catch((error: unknown) => {
    cause = error;
    return false;
  });
  // tfjs prints a banner on the first tensor of the cpu backend.
  const { cpu } = tfjsEngine().registry;
  if (cpu !== undefined) cpu.firstUse = false;
  if (opened) return;
  throw new ForetokenError(
    'ENGINE_UNAVAILABLE',
    `engine "${name}" did not start. Run "foretoken doctor", which says why, or use another engine.`,
    { cause },
  );
}

/** What a plain error says, for a sentence of a status. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws OPTIONS_INVALID if an engine that computes in float32 on one thread is asked for anything else */
export function refuseTuning(name: EngineName, { threads, precision }: { threads?: number; precision?: string }): void {
  const asked = [
    ...(threads !== undefined && threads < 1 ? [`${threads} threads`] : []),
    ...(precision !== undefined && precision !== 'float32' ? [`precision ${precision}`] : []),
  ];
  if (asked.length === 0) return;
  const rule = `engine "${name}" computes in float32 on one thread, was asked for ${asked.join(' and ')}`;
  throw new ForetokenError('OPTIONS_INVALID', `${rule}. Choose the native engine, or leave the setting out.`);
}
