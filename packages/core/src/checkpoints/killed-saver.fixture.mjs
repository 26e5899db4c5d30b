// Saves checkpoints, and is killed in the middle of it. Told what to do by one JSON object on stdin, since it is started
// ahead of time: { directory, configHash, first, last?, kill?, inPlace? }. It says `ready`, then each step that is durable,
// and if it lives the calls it made.
import { text } from 'node:stream/consumers';
import { killingDisk } from './killing-disk.fixture.mjs';

const built = new URL('../../dist/', import.meta.url);
const { CheckpointStore } = await import(new URL('checkpoints/checkpoint-store.js', built));
const { realDisk } = await import(new URL('files/disk.js', built));

/** Synchronous where it is a pipe: whoever reads it knows no less than what was done before a kill. */
const say = (line) => process.stdout.write(`${line}\n`);

say('ready');
const {
  directory,
  configHash,
  first,
  last = Number.POSITIVE_INFINITY,
  kill,
  inPlace,
} = JSON.parse(await text(process.stdin));
const { disk, calls } = killingDisk(inPlace ? careless(realDisk) : realDisk, kill);
const store = await CheckpointStore.open(directory, { configHash, disk });
for (let step = first; step <= last; step++) {
  // As `contentOf` and `scoreOf` have it, from a process of another source.
  const tensors = new Map([
    ['weight', { dtype: 'F32', shape: [4], data: new Float32Array(4).fill(step) }],
    ['cursor', { dtype: 'I32', shape: [1], data: Int32Array.of(step) }],
  ]);
  await store.save({ step, tensors, state: { step, name: 'größe' }, score: [5, 1, 4, 3, 2][step % 5] });
  say(step);
}
say(JSON.stringify(calls));

/** What a store without temporary files would do: a file has its name from the start. */
function careless(disk) {
  const finalName = (path) => path.replace(/\.(step-\d+\.safetensors)\.[^/]*\.tmp$/, '$1');
  return {
    ...disk,
    open: (path, flags) => disk.open(finalName(path), flags === 'wx' ? 'w' : flags),
    rename: async () => {},
  };
}
