import { linkSync, mkdirSync, readFileSync, rmdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const beatMs = 1_000;
const deadAfterMs = 30_000;
const pollMs = 100;

/**
 * Runs `work` while no other process holds the lock; waits for one that does.
 *
 * The lock names its holder's process id and its holder touches it every second, so that a killed holder's lock, even one
 * whose id was given to another program since, is taken over.
 *
 * @param file - the lock, a file in a folder that exists
 * @param onWait - told once which process is being waited for
 */
export async function withLock(file, work, onWait = () => {}) {
  for (let told = false; !tryAcquire(file); await sleep(pollMs)) {
    const holder = readHolder(file);
    if (!holder) continue;
    if (isGone(holder)) removeStale(file);
    else if (!told) onWait(holder.pid);
    told = true;
  }
  const beat = setInterval(() => touch(file), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    unlinkSync(file);
  }
}

/** Links a whole file into place: nobody ever reads a lock without its process id. */
function tryAcquire(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(own);
  }
}

function readHolder(file) {
  try {
    return { pid: Number(readFileSync(file, 'utf8')), touchedMs: statSync(file).mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isGone({ pid, touchedMs }) {
  if (Date.now() - touchedMs > deadAfterMs) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Removes a dead holder's lock; the folder keeps two waiters from removing each other's fresh one. */
function removeStale(file) {
  const guard = `${file}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    if (Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > deadAfterMs)
      rmdirSync(guard);
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder && isGone(holder)) unlinkSync(file);
  } finally {
    rmdirSync(guard);
  }
}

function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
