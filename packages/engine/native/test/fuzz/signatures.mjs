// What each function of the addon takes, read from the interface that the TypeScript side declares.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeFolder } from '../build/settings.mjs';

/**
 * @returns {Map<string, { name: string, kind: string }[]>} parameters of every function; a kind is a handle, number, boolean,
 * string, store, int32s, float64s, values or anything else
 */
export function readSignatures() {
  const text = readFileSync(join(nativeFolder, '../src/native/addon.ts'), 'utf8');
  const [, body] = text.match(/export interface Addon \{\n(.*?)\n\}/s);
  const found = body
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .matchAll(/^ {2}(\w+)\((.*?)\): [^;]*?;$|^ {2}(\w+)\((.*?)\): \{/gms);
  const signatures = new Map();
  for (const [, name, parameters, other, others] of found)
    signatures.set(name ?? other, parametersOf(parameters ?? others));
  return signatures;
}

function parametersOf(text) {
  return text
    .split(/,(?![^(]*\))/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const [, name, type] = one.match(/^(\w+)\??:\s*(.*)$/s);
      return { name, kind: kindOf(type) };
    });
}

function kindOf(type) {
  if (type === 'Handle') return 'handle';
  if (type === 'StoreHandle') return 'store';
  if (type === 'Int32Array') return 'int32s';
  if (type === 'Float64Array') return 'float64s';
  if (/^(number|boolean|string)$/.test(type)) return type;
  if (/^[-\d| ]+$/.test(type)) return 'number';
  return /Array/.test(type) ? 'values' : 'other';
}
