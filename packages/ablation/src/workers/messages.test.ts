import { describe, expect, it } from 'vitest';
import { lastBeat } from './heartbeat.ts';
import { readFromWorker, readToWorker, versioned } from './messages.ts';

const progress = { done: 1, total: 4, unit: 'steps', perSecond: 0 } as const;
const failure = { id: 'a', task: 'train', code: 'UNEXPECTED', message: 'x' };
const training = { key: 'k', experiment: {} };

describe('a message between coordinator and worker', () => {
  it.each([
    { type: 'ready' },
    { type: 'progress', id: 1, progress },
    { type: 'stopped', id: 1 },
    { type: 'outcome', id: 1, outcome: { kind: 'trained', facts: {} } },
    { type: 'outcome', id: 1, outcome: { kind: 'measured', record: { id: 'a', results: {}, timings: {} } } },
    { type: 'outcome', id: 1, outcome: { kind: 'failed', failures: [failure] } },
  ])('of a worker is read as it was sent: %j', (message) => {
    const sent = versioned(message as never);
    expect(readFromWorker(sent)).toEqual(sent);
  });

  it.each([
    { type: 'stop' },
    { type: 'perform', id: 1, directory: '/d', baseDirectory: '/b', task: { kind: 'train', training, cells: [{}] } },
    {
      ...{ type: 'perform', id: 1, directory: '/d', baseDirectory: '/b' },
      task: { kind: 'measure', training, cell: { id: 'a' }, facts: {} },
    },
    {
      ...{ type: 'perform', id: 1, directory: '/d', baseDirectory: '/b' },
      task: { kind: 'time', training, cell: { id: 'a' }, facts: {} },
    },
  ])('of a coordinator is read as it was sent: %j', (message) => {
    const sent = versioned(message as never);
    expect(readToWorker(sent)).toEqual(sent);
  });

  it.each([
    undefined,
    null,
    'ready',
    [],
    {},
    { v: 1 },
    { v: 1, type: 'constructor' },
    { v: 1, type: ['ready'] },
    { v: 1, type: 'perform' },
    { type: 'ready' },
    { v: '1', type: 'ready' },
    { v: 1, type: 'progress', id: 1 },
    { v: 1, type: 'progress', id: 1, progress: { ...progress, done: Number.NaN } },
    { v: 1, type: 'stopped', id: '1' },
    { v: 1, type: 'outcome', id: 1, outcome: { kind: 'trained' } },
    { v: 1, type: 'outcome', id: 1, outcome: { kind: 'measured', record: { results: {}, timings: {} } } },
    { v: 1, type: 'outcome', id: 1, outcome: { kind: 'failed', failures: [] } },
    { v: 1, type: 'outcome', id: 1, outcome: { kind: 'failed', failures: [{ ...failure, code: 3 }] } },
  ])('in no form of a worker’s is refused: %j', (message) => {
    expect(() => readFromWorker(message)).toThrow(/^WORKER_PROTOCOL: a worker sends messages of version 1/);
  });

  it('of another version is refused by that', () => {
    expect(() => readFromWorker({ v: 2, type: 'ready' })).toThrow(
      /got a message of version 2: .*start the command again/,
    );
    expect(() => readToWorker({ v: 0, type: 'stop' })).toThrow(/a coordinator sends .* got a message of version 0/);
  });
});

describe('the heartbeat of a worker', () => {
  it('is the last whole line of what came, whatever a plugin wrote between', () => {
    const beat = (idleMs: number) => `${JSON.stringify({ idleMs, residentBytes: 8 })}\n`;
    expect(lastBeat(`${beat(250)}${beat(500)}{"idleMs":7`)).toEqual({ idleMs: 500, residentBytes: 8 });
    expect(lastBeat(`junk\nnull\n${beat(250)}{"idleMs":"soon"}\n`)).toEqual({ idleMs: 250, residentBytes: 8 });
    expect(lastBeat('{"idleMs":1}\n')).toBeUndefined();
  });

  it('says where it is and why it ends in texts of some length, and in nothing else', () => {
    const written = { idleMs: 1, residentBytes: 8, hook: 'x'.repeat(5000), last: 3, ending: 'exit', other: 'y' };
    expect(lastBeat(`${JSON.stringify(written)}\n`)).toEqual({
      ...{ idleMs: 1, residentBytes: 8 },
      ...{ hook: 'x'.repeat(1000), ending: 'exit' },
    });
  });
});
