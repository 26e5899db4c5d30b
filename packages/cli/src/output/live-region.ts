import { displayWidth } from './display-width.ts';

/** A stream that may be a terminal. */
export interface RegionStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Lines at the bottom of a terminal that are drawn again in place. */
export interface LiveRegion {
  /** Columns and rows that lines may take. */
  size(): { readonly columns: number; readonly rows: number };
  /** Draws lines in place of those drawn last; at most ten times a second, whatever else is asked is left out. */
  draw(lines: () => readonly string[]): void;
  /** Takes the lines away, so that something else may be written where they were; the next `draw` is not left out. */
  clear(): void;
}

const REDRAW_MS = 100;

/** Whether lines can be drawn again in place: on a terminal that moves its cursor. */
export const isDrawable = (
  stream: Pick<RegionStream, 'isTTY'>,
  environment: NodeJS.ProcessEnv = process.env,
): boolean => stream.isTTY === true && environment.TERM !== 'dumb';

/**
 * A region of a terminal. Every frame is one write, so that nothing flickers; the cursor stays visible, so that nothing has
 * to be put right after a crash.
 *
 * @param now - milliseconds of a steady clock
 */
export function createLiveRegion(stream: RegionStream, now = () => performance.now()): LiveRegion {
  let drawn: readonly string[] = [];
  let nextMs = Number.NEGATIVE_INFINITY;
  const size = () => ({ columns: Math.max(1, (stream.columns ?? 80) - 1), rows: Math.max(1, (stream.rows ?? 24) - 1) });
  /** A terminal that has become narrower has broken long lines. */
  const toTop = (): string => {
    const height = drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / (size().columns + 1))),
      0,
    );
    return height === 0 ? '' : `\u001b[${height}A\r`;
  };
  return {
    size,
    draw(lines) {
      if (now() < nextMs) return;
      nextMs = now() + REDRAW_MS;
      const next = lines().slice(0, size().rows);
      stream.write(`${toTop()}${next.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
      drawn = next;
    },
    clear() {
      if (drawn.length > 0) stream.write(`${toTop()}\u001b[J`);
      drawn = [];
      nextMs = Number.NEGATIVE_INFINITY;
    },
  };
}
