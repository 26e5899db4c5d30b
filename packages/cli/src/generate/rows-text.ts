import type { Emission, Tokenizer } from '@foretoken/core';
import { visibleText } from '../output/visible-text.ts';
import type { CommandContext } from '../process/context.ts';
import { type MarkedText, markText } from './marked-text.ts';

/** Where the text of rows that are decoded at once is shown, one row after the other. */
export interface RowsText {
  push(emission: Emission): void;
  /** Ends every row, also those that were interrupted. */
  end(): void;
  /** Text that each prompt was continued by, without marks. */
  readonly plain: readonly string[];
}

interface ShownRow {
  readonly text: MarkedText;
  /** What is not shown yet: the row's turn has not come. */
  waiting: string;
  isOver: boolean;
}

/**
 * Streams the first row as it grows; the others wait for their turn, each under a heading where there are several.
 *
 * @param prompts - shown before what continues them
 */
export function rowsText(
  context: Pick<CommandContext, 'stream' | 'colours' | 'isJson'>,
  tokenizer: Pick<Tokenizer, 'decode'>,
  { prompts, stops }: { readonly prompts: readonly string[]; readonly stops: readonly string[] },
): RowsText {
  const { colours } = context;
  const show = (text: string) => (context.isJson || text === '' ? undefined : context.stream(text));
  const rows = prompts.map((prompt, index): ShownRow => {
    const heading = prompts.length > 1 ? `${index > 0 ? '\n' : ''}--- ${index + 1} of ${prompts.length} ---\n` : '';
    return {
      text: markText(tokenizer, colours, stops),
      waiting: heading + colours.dim(visibleText(prompt, colours)),
      isOver: false,
    };
  });
  let turn = 0;
  const flush = () => {
    for (; turn < rows.length; turn++) {
      const row = rows[turn];
      show(row.waiting);
      row.waiting = '';
      if (!row.isOver) return;
      show('\n');
    }
  };
  const finish = (row: ShownRow) => {
    if (!row.isOver) row.waiting += row.text.end();
    row.isOver = true;
  };
  return {
    push(emission) {
      const row = rows[emission.prompt];
      row.waiting += row.text.push(emission);
      if (emission.finished) finish(row);
      flush();
    },
    end() {
      for (const row of rows) finish(row);
      flush();
    },
    get plain() {
      return rows.map(({ text }) => text.plain);
    },
  };
}
