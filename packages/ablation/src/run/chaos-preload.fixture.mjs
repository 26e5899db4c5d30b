// Preloaded by every process of a chaotic run (NODE_OPTIONS=--import): what the folder CHAOS_FOLDER says happens to it, and
// what it does is noted there, one JSON line each, in `stamps.jsonl`.
//   clock   milliseconds by which the wall clock is wrong
//   full    is there while every write to a file fails as on a full disk
//   kill worker, kill coordinator   part of the name of a file; is there until one of them is killed in writing such a one
//   hold    cells measured by then; nothing more is begun before the file is gone
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

// Kept before anything below takes their places.
const { existsSync, openSync, readFileSync, rmSync, writeSync } = fs;
const role = process.send ? 'worker' : 'coordinator';
const inChaos = (name) => path.join(process.env.CHAOS_FOLDER, name);
let stamps;
const textOf = (name) => (existsSync(inChaos(name)) ? readFileSync(inChaos(name), 'utf8') : '');

if (isMainThread) {
  misleadClock();
  await fillDisk();
  killWriters();
  if (process.send) noteTasks();
  note({ type: 'process', role, parent: process.ppid });
}

/** The wall clock alone is wrong: what measures times by it, and not by a clock that only goes on, is misled. */
function misleadClock() {
  const Real = Date;
  // As it is now: a worker puts another in its place, which asks this one.
  const { now: trueNow } = Real;
  const now = () => trueNow() + Number(textOf('clock'));
  globalThis.Date = new Proxy(Real, {
    construct: (_, args) => (args.length === 0 ? new Real(now()) : new Real(...args)),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
}

/** Files can still be made, renamed and removed, as where only the blocks have run out. */
async function fillDisk() {
  const refuse = (call) => {
    if (!existsSync(inChaos('full'))) return;
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC', errno: -28 });
  };
  const handle = await fs.promises.open(process.execPath);
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of ['write', 'writev', 'writeFile', 'appendFile']) spoil(prototype, name, refuse);
  for (const name of ['writeFile', 'appendFile', 'copyFile']) spoil(fs.promises, name, refuse);
  for (const name of ['writeFileSync', 'copyFileSync', 'writeSync']) {
    spoil(fs, name, refuse, (first) => typeof first !== 'number' || fs.fstatSync(first).isFile());
  }
  syncBuiltinESMExports();
}

/** The file is there under its temporary name, and empty. */
function killWriters() {
  const { open } = fs.promises;
  fs.promises.open = async (file, ...rest) => {
    const handle = await open(file, ...rest);
    const isOrdered = existsSync(inChaos(`kill ${role}`)) && String(file).includes(textOf(`kill ${role}`));
    if (isOrdered && String(file).endsWith('.tmp')) {
      rmSync(inChaos(`kill ${role}`), { force: true });
      process.kill(process.pid, 'SIGKILL');
    }
    return handle;
  };
  syncBuiltinESMExports();
}

function spoil(object, name, refuse, isFile = () => true) {
  const real = object[name];
  const isSync = name.endsWith('Sync');
  object[name] = function (...args) {
    try {
      if (isFile(args[0])) refuse(name);
    } catch (error) {
      if (isSync) throw error;
      return Promise.reject(error);
    }
    return real.apply(this, args);
  };
}

/** Looks at the messages of a worker as they arrive and leave. */
function noteTasks() {
  const { emit, send } = process;
  let task;
  process.emit = function (name, message, ...rest) {
    if (name === 'message' && message?.type === 'perform') {
      waitWhileHeld();
      task = nameOf(message.task);
      note({ type: 'start', task });
      noteOthersAtWork(task);
    }
    return emit.call(this, name, message, ...rest);
  };
  process.send = function (message, ...rest) {
    if (message?.type === 'outcome' || message?.type === 'stopped') {
      note({ type: 'end', task, how: message.outcome?.kind ?? message.type });
    }
    return send.call(this, message, ...rest);
  };
}

const nameOf = ({ kind, training, cell }) => `${kind}-${kind === 'train' ? training.key : cell.id}`;

/** Noted after the own start: of two that start at once, the one that looks last sees both. */
function noteOthersAtWork(task) {
  const stamps = readStamps().filter((stamp) => stamp.task === task && stamp.pid !== process.pid);
  const ended = new Set(stamps.filter(({ type }) => type === 'end').map(({ pid }) => pid));
  for (const { type, pid, started } of stamps) {
    if (type === 'start' && !ended.has(pid) && startOf(pid) === started) note({ type: 'twice', task, other: pid });
  }
}

function waitWhileHeld() {
  const isMeasured = ({ type, how }) => type === 'end' && how === 'measured';
  const still = new Int32Array(new SharedArrayBuffer(4));
  while (existsSync(inChaos('hold')) && readStamps().filter(isMeasured).length >= Number(textOf('hold'))) {
    Atomics.wait(still, 0, 0, 20);
  }
}

const readStamps = () =>
  textOf('stamps.jsonl')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Monotonic nanoseconds are the same clock in every process. */
function note(stamp) {
  const own = { ...stamp, pid: process.pid, started: startOf(process.pid), at: Number(process.hrtime.bigint()) };
  stamps ??= openSync(inChaos('stamps.jsonl'), 'a');
  writeSync(stamps, `${JSON.stringify(own)}\n`);
}

/** When a process that has not ended started, in ticks since the boot. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(fields[0]) ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
