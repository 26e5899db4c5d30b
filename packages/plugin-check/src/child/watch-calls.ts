import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import type { Incident } from './incidents.ts';

/** Functions that give another answer in every run: where they are, and what an answer of them is. */
const WATCHED: readonly {
  readonly on: object;
  readonly name: string;
  readonly said: string;
  readonly what: 'random' | 'clock';
}[] = [
  { on: Math, name: 'random', said: 'Math.random', what: 'random' },
  ...['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync'].map((name) => ({
    on: crypto,
    name,
    said: `crypto.${name}`,
    what: 'random' as const,
  })),
  { on: globalThis.crypto, name: 'getRandomValues', said: 'crypto.getRandomValues', what: 'random' },
  { on: globalThis.crypto, name: 'randomUUID', said: 'crypto.randomUUID', what: 'random' },
  { on: Date, name: 'now', said: 'Date.now', what: 'clock' },
  { on: performance, name: 'now', said: 'performance.now', what: 'clock' },
];

/** Frames that are looked at to find out who asked. */
const FRAMES = 40;

/**
 * Notes who draws random numbers or reads a clock. The framework does, too: what counts is whether the plugin's code, or
 * a dependency that it called, comes before the framework's on the way up.
 *
 * @param isPlugin - whether a stack's line is of the plugin's code
 * @param isFramework - whether it is of the framework's
 * @returns what the plugin asked for, each place once
 */
export function watchCalls(
  isPlugin: (frame: string) => boolean,
  isFramework: (frame: string) => boolean,
): () => readonly Incident[] {
  const seen = new Map<string, Incident>();
  for (const { on, name, said, what } of WATCHED) {
    const holder = on as Record<string, (...given: unknown[]) => unknown>;
    const original = holder[name];
    const watched = function (this: unknown, ...given: unknown[]): unknown {
      const place = placeOf(watched, isPlugin, isFramework);
      if (place !== undefined) seen.set(`${said} ${place}`, { what, detail: `${said}, ${place}` });
      return original.apply(this, given);
    };
    Object.defineProperty(holder, name, { value: watched, writable: true, configurable: true, enumerable: true });
  }
  syncBuiltinESMExports();
  return () => [...seen.values()];
}

function placeOf(
  below: (...given: never[]) => unknown,
  isPlugin: (frame: string) => boolean,
  isFramework: (frame: string) => boolean,
): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  Error.stackTraceLimit = stackTraceLimit;
  const decisive = holder.stack?.split('\n').find((frame) => isPlugin(frame) || isFramework(frame));
  return decisive !== undefined && isPlugin(decisive)
    ? (/\/([^/]+:\d+):\d+\)?$/.exec(decisive)?.[1] ?? 'in it')
    : undefined;
}
