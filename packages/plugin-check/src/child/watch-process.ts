import type { Incident } from './incidents.ts';

/** What an import set going is looked at so often, so many milliseconds apart, before it counts as left open. */
const LOOKS = 20;
const BETWEEN_MS = 50;

/** The thread that beats for this process comes and goes with these. */
const OF_THE_CHILD: readonly string[] = ['MessagePort', 'Worker'];

const EVENTS = [
  'uncaughtException',
  'unhandledRejection',
  'exit',
  'beforeExit',
  'SIGINT',
  'SIGTERM',
  'warning',
] as const;

/**
 * Remembers environment, folder, listeners and open handles of this process, and reads along what is written to its output.
 * @returns says, after a moment, what is another one by now
 */
export function watchProcess(): () => Promise<readonly Incident[]> {
  const environment = { ...process.env };
  const folder = process.cwd();
  const listeners = EVENTS.map((event) => process.listenerCount(event));
  const handles = openHandles();
  const written = watchOutput();
  return async () => {
    const outputs = written();
    const left = await leftOpen(handles);
    const names = [...new Set([...Object.keys(environment), ...Object.keys(process.env)])];
    return [
      ...outputs,
      ...names.filter((name) => environment[name] !== process.env[name]).map(incident('environment')),
      ...(process.cwd() === folder ? [] : [process.cwd()]).map(incident('folder')),
      ...EVENTS.filter((event, i) => process.listenerCount(event) > listeners[i]).map(incident('listener')),
      ...left.map(incident('handle')),
    ];
  };
}

const incident =
  (what: Incident['what']) =>
  (detail: string): Incident => ({ what, detail });

/** Kinds of what is open that was not before, once it had time to come to rest. */
async function leftOpen(before: ReadonlyMap<string, number>): Promise<readonly string[]> {
  let left: readonly string[] = [];
  for (let look = 0; look < LOOKS; look++) {
    left = [...openHandles()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind);
    if (left.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  return left;
}

/** What keeps the process alive, by kind. */
function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const kinds = process.getActiveResourcesInfo().filter((kind) => !OF_THE_CHILD.includes(kind));
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function watchOutput(): () => readonly Incident[] {
  const lines: string[] = [];
  const restore = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      lines.push(String(chunk).split('\n')[0].slice(0, 120));
      return write.call(stream, chunk, ...rest);
    }) as typeof stream.write;
    return () => {
      stream.write = write;
    };
  });
  return () => {
    for (const undo of restore) undo();
    return lines.slice(0, 1).map(incident('output'));
  };
}
