// This file and the entry scripts beside this folder must parse on Nodes that are too old to run the rest.

const oldest = [20, 19];

/** Ends the process with one clear line when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  process.stderr.write(
    'Foretoken needs Node ' +
      oldest.join('.') +
      ' or newer; this is Node ' +
      process.versions.node +
      '.\n' +
      'Install a newer Node (https://nodejs.org), then run the same command again.\n',
  );
  process.exit(2);
}
