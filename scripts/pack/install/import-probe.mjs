// Imports one entry and prints what that did to the process: `node import-probe.mjs ENTRY`, in a project's folder.
// Whoever asks whether the output has colours opens these: they count from the start.
for (const stream of [process.stdin, process.stdout, process.stderr]) stream.isTTY;

const before = look();
await import(process.argv[2]);
const after = look();
const added = Object.keys(after).map((name) => [name, after[name].filter((key) => !before[name].includes(key))]);
console.log(JSON.stringify(Object.fromEntries(added)));

/** What an import may leave behind, as lists of names. */
function look() {
  return {
    globals: Reflect.ownKeys(globalThis).map(String),
    listeners: process.eventNames().map(String),
    environment: Object.entries(process.env).map(String),
    handles: process.getActiveResourcesInfo(),
    prototypes: [Object, Array, Promise, Map, Error].flatMap((type) =>
      Reflect.ownKeys(type.prototype).map((key) => `${type.name}.${String(key)}`),
    ),
  };
}
