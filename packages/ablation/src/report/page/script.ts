/**
 * The page's only script; without it everything can be read as well, but for sorting and saving.
 *
 * It knows three forms and no content: a `table` with a `.heading` in each `thead th` becomes sortable and savable; a
 * `figure` with a drawing becomes savable as SVG and PNG, its legend included and its CSS variables resolved, since a file
 * of its own has neither; an entry of a `.legend` picks the marks of its colour. It makes elements and text, never markup.
 */
export const pageScript = `
'use strict';
(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const UNITS = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
  const NUMBER = /^[<≤≥±\\s]*([+−-]?)(\\d[\\d,]*(?:\\.\\d+)?)(?: ([kMGTPE])(?![a-z]))?/;
  const page = document.querySelector('h1').textContent;

  const button = (content, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.append(...content);
    made.addEventListener('click', act);
    return made;
  };

  const save = (id, extension, content) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(content);
    link.download = (page + ' ' + id).replace(/[^\\p{L}\\p{N}]+/gu, '-').slice(0, 80) + '.' + extension;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // Sorting: by the exact value where a cell has one, else by the number it starts with, else by its text.
  const textOf = (cell) => (cell.querySelector('data')?.value ?? cell.textContent).trim();
  const keyOf = (cell, isNumber) => {
    const text = textOf(cell);
    if (!isNumber) return text;
    if (cell.querySelector('data')) return Number(text);
    const [, sign, digits, unit] = NUMBER.exec(text) ?? [];
    if (digits === undefined) return undefined;
    return (sign === '' || sign === '+' ? 1 : -1) * Number(digits.replaceAll(',', '')) * (UNITS[unit] ?? 1);
  };
  const compare = (a, b) => (typeof a === 'number' ? a - b : a.localeCompare(b, 'en', { numeric: true }));

  const sortable = (table) => {
    const [body] = table.tBodies;
    const original = [...body.rows];
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const label = heading.querySelector('.heading');
      const sort = button([...label.childNodes], () => {
        const before = heading.ariaSort;
        for (const other of headings) other.ariaSort = 'none';
        const direction = before === 'none' ? 'ascending' : before === 'ascending' ? 'descending' : 'none';
        heading.ariaSort = direction;
        const sign = direction === 'descending' ? -1 : 1;
        const keyed = original.map((row) => ({ row, key: keyOf(row.cells[column], heading.classList.contains('number')) }));
        const known = keyed.filter(({ key }) => key !== undefined && key !== '–');
        const rest = keyed.filter((one) => !known.includes(one));
        if (direction !== 'none') known.sort((a, b) => sign * compare(a.key, b.key));
        body.append(...(direction === 'none' ? original : [...known, ...rest].map(({ row }) => row)));
      });
      heading.ariaSort = 'none';
      label.replaceChildren(sort);
    });
  };

  // In data a minus sign is a hyphen, and a number has no groups of digits.
  const field = (text) => {
    const plain = /^[+−]?[\\d,]+(\\.\\d+)?$/.test(text) ? text.replace('−', '-').replaceAll(',', '') : text;
    return /[",\\r\\n]|^\\s|\\s$/.test(plain) ? '"' + plain.replaceAll('"', '""') + '"' : plain;
  };
  const csvOf = (table) => {
    const head = [...table.tHead.rows[0].cells].map((cell) => cell.querySelector('.heading').textContent);
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(textOf));
    return [head, ...rows].map((row) => row.map(field).join(',') + '\\r\\n').join('');
  };

  const element = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const drawing = (figure) => {
    const chart = figure.querySelector('svg[role=img]');
    const { width, height } = chart.viewBox.baseVal;
    const measure = document.createElement('canvas').getContext('2d');
    measure.font = '13px sans-serif';
    const parts = [element('text', { x: 12, y: 26, 'font-size': 16, 'font-weight': 600 }, figure.querySelector('h3').textContent)];
    const inner = chart.cloneNode(true);
    for (const [key, value] of Object.entries({ x: 12, y: 40, width, height })) inner.setAttribute(key, value);
    parts.push(inner);
    let [x, y] = [12, height + 62];
    for (const entry of figure.querySelectorAll('.legend li')) {
      const text = entry.textContent;
      const taken = 34 + measure.measureText(text).width + 20;
      if (x > 12 && x + taken > width) [x, y] = [12, y + 20];
      parts.push(element('g', { transform: 'translate(' + x + ',' + (y - 10) + ')' }, ...entry.querySelector('svg').cloneNode(true).childNodes));
      parts.push(element('text', { x: x + 34, y, 'font-size': 13 }, text));
      x += taken;
    }
    const size = { width: width + 24, height: y + 14 };
    const background = element('rect', { ...size, fill: 'var(--panel)' });
    const whole = element('svg', { ...size, viewBox: '0 0 ' + size.width + ' ' + size.height, fill: 'var(--ink)', 'font-family': 'sans-serif' }, background, ...parts);
    const colours = getComputedStyle(document.documentElement);
    const text = new XMLSerializer().serializeToString(whole).replaceAll('font-family="inherit"', 'font-family="sans-serif"');
    return { ...size, text: text.replace(/var\\((--[a-z0-9-]+)\\)/g, (_, name) => colours.getPropertyValue(name).trim() || 'none') };
  };
  const svgFile = ({ text }) => new Blob([text], { type: 'image/svg+xml' });
  const savePng = async (figure) => {
    const drawn = drawing(figure);
    const image = new Image();
    image.src = URL.createObjectURL(svgFile(drawn));
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 2 * drawn.width, height: 2 * drawn.height });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    canvas.toBlob((blob) => save(figure.id, 'png', blob));
  };

  // An arm picked in a legend stands out: marks of other colours fade, in the page and not in what is saved.
  const pickable = (legend) => {
    const figure = legend.closest('figure');
    const marks = [...figure.querySelectorAll('svg[role=img] :is([fill^="var(--arm-"], [stroke^="var(--arm-"])')];
    const picks = [...legend.children].map((entry) => {
      const colour = entry.querySelector('[fill]').getAttribute('fill');
      const pick = button([...entry.childNodes], () => {
        const isPicked = pick.ariaPressed !== 'true';
        for (const other of picks) other.ariaPressed = String(other === pick && isPicked);
        for (const mark of marks) {
          const own = [mark.getAttribute('fill'), mark.getAttribute('stroke')];
          mark.classList.toggle('faded', isPicked && !own.includes(colour));
        }
      });
      pick.ariaPressed = 'false';
      entry.append(pick);
      return pick;
    });
  };

  const actions = (what, ...buttons) => {
    const made = document.createElement('div');
    made.className = 'actions';
    for (const one of buttons) one.ariaLabel = 'Save ' + what + ' as ' + one.textContent;
    made.append('Save as', ...buttons);
    return made;
  };
  for (const legend of document.querySelectorAll('.legend')) pickable(legend);
  for (const table of document.querySelectorAll('table')) {
    sortable(table);
    const figure = table.closest('figure');
    const csv = () => save((figure ?? table).id, 'csv', new Blob([csvOf(table)], { type: 'text/csv' }));
    const name = figure ? figure.querySelector('h3').textContent : table.caption.textContent;
    if (!figure) table.closest('.scroll').after(actions('the table “' + name + '”', button('CSV', csv)));
    else
      figure.querySelector('details').before(
        actions(
          'the figure “' + name + '”',
          button('SVG', () => save(figure.id, 'svg', svgFile(drawing(figure)))),
          button('PNG', () => savePng(figure)),
          button('CSV', csv),
        ),
      );
  }
})();
`.trim();
