/** A cell of the screen: a character, and the classes that its colours are. */
const blank = Object.freeze({ character: ' ', classes: '' });

const STYLES = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 36: 'cyan', 90: 'gray' };
/** What a style is ended by. */
const ENDS = { 22: ['bold', 'dim'], 39: ['red', 'green', 'yellow', 'cyan', 'gray'] };

// biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals obey
const TOKEN = /\u001b\[([0-9;?]*)([A-Za-z])|[\s\S]/gu;

/**
 * What a terminal shows of what was written to it, as far as our commands write: text, ends of lines, the cursor up, erasing to
 * the end of line and screen, bold and colours. Anything else is an error, so that nothing unnoticed is in the output.
 */
export class TerminalScreen {
  #lines = [[]];
  #row = 0;
  #column = 0;
  #styles = new Set();

  constructor(columns, rows) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text) {
    for (const [token, numbers, command] of text.matchAll(TOKEN)) {
      if (command) this.#obey(numbers, command);
      else if (token === '\n') this.#newLine();
      else if (token === '\r') this.#column = 0;
      else if (token >= ' ') this.#put(token);
      else throw new Error(`a character that is not known here: ${JSON.stringify(token)}`);
    }
  }

  /** Makes it narrower or wider; lines that were too long for it were broken, as terminals do. */
  resize(columns) {
    const whole = [];
    this.#lines.forEach((cells) => {
      if (cells.isContinued) whole.at(-1).push(...cells);
      else whole.push([...cells]);
    });
    this.columns = columns;
    this.#lines = whole.flatMap((cells) => {
      const parts = [];
      for (let at = 0; at === 0 || at < cells.length; at += columns) parts.push(cells.slice(at, at + columns));
      parts.slice(1).forEach((part) => {
        part.isContinued = true;
      });
      return parts;
    });
    this.#row = this.#lines.length - 1;
    this.#column = Math.min(this.#column, columns - 1);
  }

  /** All lines ever shown, those that left the screen at the top included. */
  text() {
    return this.#lines.map((cells) =>
      cells
        .map(({ character }) => character)
        .join('')
        .trimEnd(),
    );
  }

  /** The same as spans of HTML. */
  html() {
    return this.#lines.map((cells) => cells.map(spanOf).join('')).join('\n');
  }

  #obey(numbers, command) {
    const count = Number(numbers || '1');
    // A cursor does not leave the screen at the top.
    if (command === 'A') this.#row = Math.max(this.#row - count, this.#lines.length - this.rows, 0);
    else if (command === 'K') this.#line().length = numbers === '2' ? 0 : Math.min(this.#line().length, this.#column);
    else if (command === 'J') {
      this.#lines.length = this.#row + 1;
      this.#line().length = Math.min(this.#line().length, this.#column);
    } else if (command === 'm') for (const style of (numbers || '0').split(';')) this.#style(Number(style));
    else throw new Error(`an escape sequence that is not known here: ${numbers}${command}`);
  }

  #style(number) {
    if (number === 0) this.#styles.clear();
    else if (ENDS[number]) for (const style of ENDS[number]) this.#styles.delete(style);
    else if (STYLES[number]) this.#styles.add(STYLES[number]);
    else throw new Error(`a style that is not known here: ${number}`);
  }

  #put(character) {
    if (this.#column === this.columns) {
      this.#newLine();
      this.#column = 0;
      this.#line().isContinued = true;
    }
    const line = this.#line();
    while (line.length < this.#column) line.push(blank);
    line[this.#column] = { character, classes: [...this.#styles].join(' ') };
    this.#column += 1;
  }

  /** A pseudo-terminal has made `\r\n` of it; without one it means both. */
  #newLine() {
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push([]);
  }

  #line() {
    return this.#lines[this.#row];
  }
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function spanOf({ character, classes }) {
  const text = ESCAPES[character] ?? character;
  return classes === '' ? text : `<span class="${classes}">${text}</span>`;
}
