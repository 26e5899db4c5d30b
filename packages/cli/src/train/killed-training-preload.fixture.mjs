// Preloaded by a training (NODE_OPTIONS=--import) that is to be killed, or that forgets:
//   KILL_AT  JSON of a `KillPlace`: where the process kills itself with SIGKILL
//   FORGET   what it does not take from the checkpoint it goes on from
import fs from 'node:fs';
import { register, syncBuiltinESMExports } from 'node:module';

if (process.env.KILL_AT) await killAt(JSON.parse(process.env.KILL_AT));
if (process.env.FORGET) {
  register('./forgetful-resume.fixture.mjs', import.meta.url, { data: process.env.FORGET });
}

async function killAt({ step, call, file, when }) {
  /** Of what was opened here. */
  const paths = new WeakMap();
  let isArmed = false;
  const meet = async (name, path, run, half) => {
    const isNow = isArmed && name === call && String(path).includes(file);
    if (isNow && when === 'before') die();
    if (isNow && when === 'middle') {
      await half();
      die();
    }
    const found = await run();
    if (isNow && when === 'after') die();
    return found;
  };
  for (const name of ['open', 'rename', 'rm']) {
    const real = fs.promises[name];
    fs.promises[name] = async (path, ...rest) => {
      const found = await meet(name, path, () => real(path, ...rest));
      if (name === 'open') paths.set(found, path);
      return found;
    };
  }
  const prototype = Object.getPrototypeOf(await handleOf(process.execPath));
  for (const name of ['write', 'sync']) {
    const real = prototype[name];
    prototype[name] = function (...given) {
      const path = paths.get(this);
      if (name === 'write' && String(path).endsWith('metrics.jsonl')) isArmed ||= stepOf(given[0]) === step;
      const half = () => real.call(this, given[0], given[1], Math.ceil(given[2] / 2));
      return meet(name, path, () => real.apply(this, given), half);
    };
  }
  syncBuiltinESMExports();
}

async function handleOf(path) {
  const handle = await fs.promises.open(path);
  await handle.close();
  return handle;
}

const stepOf = (row) => JSON.parse(Buffer.from(row).toString('utf8')).step;

/** The signal is there before the call returns. */
const die = () => process.kill(process.pid, 'SIGKILL');
