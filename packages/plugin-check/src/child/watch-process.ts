import type { Incident } from './incidents.ts';

/** How long what an import set going may take to come to rest before it counts as left open. */
const REST_MS = 50;

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
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const names = [...new Set([...Object.keys(environment), ...Object.keys(process.env)])];
    return [
      ...outputs,
      ...names.filter((name) => environment[name] !== process.env[name]).map(incident('environment')),
      ...(process.cwd() === folder ? [] : [process.cwd()]).map(incident('folder')),
      ...EVENTS.filter((event, i) => process.listenerCount(event) > listeners[i]).map(incident('listener')),
      ...[...openHandles()]
        .filter(([kind, count]) => count > (handles.get(kind) ?? 0))
        .map(([kind]) => incident('handle')(kind)),
    ];
  };
}

const incident =
  (what: Incident['what']) =>
  (detail: string): Incident => ({ what, detail });

/** What keeps the process alive, by kind. */
function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
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
