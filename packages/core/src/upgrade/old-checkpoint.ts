import { ForetokenError } from '@foretoken/engine/errors';
import { SEAL, sealOf } from '../checkpoints/checkpoint-seal.ts';
import { refuseNotFinite } from '../checkpoints/finite-content.ts';
import { hashTensors } from '../checkpoints/hash-tensors.ts';
import { readSafetensors, writeSafetensors } from '../checkpoints/safetensors.ts';
import { corrupt } from '../checkpoints/safetensors-header.ts';
import type { Json } from '../contracts/json.ts';
import type { DiskOptions } from '../files/disk.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { parseStrictJson } from '../files/strict-json.ts';
import { checkUpgradable } from './old-record.ts';

/** Configurations by hash: those that the old checkpoint may name, and the one that the new one will. */
export interface ConfigHashes {
  readonly old: readonly string[];
  readonly new: string;
}

/**
 * Writes a checkpoint of version 1 as one of this version: of the configuration as it is saved now, with the norms that
 * its trainer had no use for, and sealed. Its tensors, and so their hash, by which others know it, stay as they are.
 * @throws FILE_READ, FILE_CORRUPT, FORMAT_VERSION; CHECKPOINT_NOT_FINITE, which no checkpoint of this version is; CHECKPOINT_MISMATCH if it belongs to another configuration
 */
export async function upgradeCheckpoint(
  from: string,
  to: string,
  hashes: ConfigHashes,
  options: DiskOptions = {},
): Promise<void> {
  const { tensors, metadata } = await readSafetensors(from, options);
  const { formatVersion, configHash, sha256 } = Object.fromEntries(metadata);
  if (formatVersion === undefined) throw corrupt(from, 'it has no formatVersion, so it is no checkpoint of Foretoken');
  checkUpgradable(from, /^[1-9]\d{0,8}$/.test(formatVersion) ? Number(formatVersion) : formatVersion);
  if (hashTensors(tensors) !== sha256) throw corrupt(from, 'its data do not match their SHA-256');
  const state = stateIn(from, metadata.get('state'));
  refuseNotFinite(from, { tensors, state }, NO_WAY_ON);
  const seal = metadata.get(SEAL);
  if (seal !== undefined && seal !== sealOf(metadata, tensors)) throw corrupt(from, 'its seal is not its own');
  if (![...hashes.old, hashes.new].includes(configHash)) {
    throw new ForetokenError(
      'CHECKPOINT_MISMATCH',
      `${from} belongs to configuration ${configHash}, not to experiment.json beside it, which was edited. Restore that, then upgrade.`,
    );
  }
  const content = {
    ...Object.fromEntries([...metadata].filter(([key]) => key !== SEAL)),
    formatVersion: String(FORMAT_VERSION),
    configHash: hashes.new,
    state: upgradedState(from, metadata.get('state') as string, state),
  };
  const newSeal = sealOf(new Map(Object.entries(content)), tensors);
  await writeSafetensors(to, tensors, { ...content, [SEAL]: newSeal }, options);
}

const NO_WAY_ON =
  'It was not written anew, and the folder is as it was. Nothing can go on from it: take it out of the folder, then upgrade.';

function stateIn(file: string, text = ''): Json {
  try {
    return parseStrictJson(text, { deepest: 1000 }) as Json;
  } catch (cause) {
    throw corrupt(file, 'its state is not JSON', cause);
  }
}

/** Norms of gradients are zeros until a weighting asks for them; of version 1, none could. */
function upgradedState(file: string, text: string, parsed: Json): string {
  const state = parsed as { readonly trainer?: { readonly lastLosses?: unknown; readonly lastNorms?: unknown } };
  const losses = state?.trainer?.lastLosses;
  if (!Array.isArray(losses)) throw corrupt(file, 'its state is not that of a training');
  if (state.trainer?.lastNorms !== undefined) return text;
  const { lastLosses, weighting, horizonSchedule, adamwSteps, ...counts } = state.trainer as Record<string, unknown>;
  const lastNorms = losses.map(() => 0);
  const trainer = { ...counts, lastLosses, lastNorms, weighting, horizonSchedule, adamwSteps };
  return JSON.stringify({ ...state, trainer });
}
