import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatOperations, formatRate } from './quantities.ts';

describe('quantities', () => {
  it('writes durations without a false precision', () => {
    const written = [0.04, 9.94, 9.96, 59.4, 59.6, 187, 3599.6, 3723].map(formatDuration);
    expect(written).toEqual(['0.0 s', '9.9 s', '10 s', '59 s', '1:00', '3:07', '1:00:00', '1:02:03']);
  });

  it('writes bytes in powers of 1024', () => {
    const written = [0, 512, 1536, 1024 ** 2 * 120, 1024 ** 3 * 24, 1024 ** 5].map(formatBytes);
    expect(written).toEqual(['0 B', '512 B', '1.5 KiB', '120 MiB', '24.0 GiB', '1024 TiB']);
  });

  it('writes rates with three digits', () => {
    expect([0.25, 0.123456, 12.34, 999.4, 1234.6].map(formatRate)).toEqual(['0.25', '0.123', '12.3', '999', '1,235']);
  });

  it('writes operations with three digits, and the prefix for the unit to follow', () => {
    const written = [0, 0.5, 812, 999.4, 999.6, 12_345, 1e9, 2.5e13, 3e21].map(formatOperations);
    expect(written).toEqual(['0 ', '0.5 ', '812 ', '999 ', '1 k', '12.3 k', '1 G', '25 T', '3 Z']);
  });
});
