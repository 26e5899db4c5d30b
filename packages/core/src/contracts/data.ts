/**
 * Text to token ids and back: the same text has the same ids at every call, and its bytes come back as they were. Losses are
 * told per byte of it.
 */
export interface Tokenizer {
  /** V: token ids lie in [0, V). */
  readonly vocabulary: number;
  /** Whether a token is a byte, so that losses may be given in bits per byte as they are. */
  readonly isBytes: boolean;
  /**
   * The tokens of a text.
   * @param bytes - of whole documents, UTF-8 or not; not to be written to
   * @returns the ids of its tokens, owned by the caller
   * @throws DATA_INVALID, or another code, if it takes UTF-8 alone and this is none; nothing is replaced
   */
  encode(bytes: Uint8Array): Int32Array;
  /**
   * The bytes of tokens.
   * @param tokens - ids in [0, V); a single one too: stop texts ask token by token
   * @returns their bytes, those of one token after those of the other; they need not be whole characters
   * @throws TOKEN_UNKNOWN for an id outside the vocabulary
   */
  decode(tokens: ArrayLike<number>): Uint8Array;
}

/** One document as a dataset lists it, before its bytes are read. */
export interface DocumentEntry {
  /** Stable name: a path relative to the dataset's root, or `file.jsonl#line`. */
  readonly id: string;
  /** Which part of the corpus it belongs to: what is trained on, or what is held out. */
  readonly split: 'train' | 'validation';
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 of the document's bytes, hex. */
  readonly sha256: string;
}

/** What a dataset says of itself; goes into the run's manifest. */
export interface DatasetListing {
  /** In an order that depends on the files alone; identical contents come once. */
  readonly documents: readonly DocumentEntry[];
  /** What was left out and why: binary or empty files, duplicates. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/** A corpus of documents. */
export interface Dataset {
  /** Lists every document, split and deduplicated; same files, same listing, whatever the order of the file system. */
  list(): Promise<DatasetListing>;
  /**
   * Reads one listed document: at any time, in any order, several at once, and whether or not this object listed it.
   *
   * @returns its bytes, owned by the caller
   * @throws DATA_CHANGED if there is no such document, or it has other bytes than were listed
   */
  read(document: DocumentEntry): Promise<Uint8Array>;
}

/** What a dataset is made for. */
export interface DatasetContext {
  /** Folder that relative paths start from: that of the configuration file. */
  readonly baseDirectory: string;
}
