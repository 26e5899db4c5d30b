import { type DataId, tfjsEngine } from './internals.ts';

/**
 * Whether a buffer may be the right side of a product with this many columns.
 *
 * tfjs' wasm backend packs the right side once and finds it again by its buffer, whatever its shape: a buffer that
 * comes back under another shape multiplies by the wrong matrix or aborts the process. The note is kept with the
 * backend whose memory it mirrors.
 */
export function fitsPacked(id: DataId, columns: number): boolean {
  const { backend } = tfjsEngine();
  backend.packedColumns ??= new WeakMap();
  const packed = backend.packedColumns.get(id);
  if (packed === undefined) backend.packedColumns.set(id, columns);
  return packed === undefined || packed === columns;
}
