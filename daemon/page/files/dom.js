// Building and changing elements. All text becomes text nodes: no name, description
// or label that slod was given is ever read as HTML.

/** An element. Attributes that are null or false are left out; `on` holds listeners. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? '' : value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Sets the text, if it is another one: what does not change costs no layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or removes it for null; only if that changes something. */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Children of `parent` become exactly `wanted`, in that order; those that stay are not touched. */
export function setChildren(parent, wanted) {
  const focused = document.activeElement;
  wanted.forEach((child, index) => {
    if (parent.childNodes[index] !== child)
      parent.insertBefore(child, parent.childNodes[index] ?? null);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
  if (focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({preventScroll: true});
  }
}

/** A link where the URL is one of the web, else its text: a runbook could be `javascript:`. */
export function link(url, text = url) {
  let parsed = null;
  try {
    parsed = new URL(url);
  } catch {
    return element('span', {}, text);
  }
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return element('span', {}, text);
  return element('a', {href: parsed.href, rel: 'noreferrer noopener', target: '_blank'}, text);
}

/** Where the view of an SLO is. */
export const sloHref = (service, slo) =>
  `#/slo/${encodeURIComponent(service)}/${encodeURIComponent(slo)}`;

/** A word with a symbol, so that no state is told by its colour alone. */
export function badge(kind, text) {
  return element(
    'span',
    {class: `badge ${kind}`},
    element('span', {class: 'symbol', 'aria-hidden': 'true'}, symbols[kind] ?? ''),
    element('span', {class: 'word'}, text),
  );
}

export const symbols = {ok: '✓', warn: '▲', bad: '✕', unknown: '?', soon: '△', quiet: '–'};

/** Makes an existing badge say something else. */
export function setBadge(node, kind, text) {
  setAttribute(node, 'class', `badge ${kind}`);
  setText(node.firstChild, symbols[kind] ?? '');
  setText(node.lastChild, text);
}

/** A list of names and values. */
export function facts(pairs) {
  return element(
    'dl',
    {class: 'facts'},
    pairs
      .filter(Boolean)
      .map(([name, value]) =>
        element('div', {}, element('dt', {}, name), element('dd', {}, value)),
      ),
  );
}

/** Children of `parent` for items, one each, known again by key: an item that stays keeps its
    element, with what is selected or read in it. `build(item)` gives {element, ...}. */
export function keyed(parent, items, keyOf, build, fill) {
  const before = parent.keyed ?? new Map();
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (after.has(key)) continue;
    const one = before.get(key) ?? build(item);
    fill?.(one, item);
    after.set(key, one);
  }
  parent.keyed = after;
  setChildren(
    parent,
    [...after.values()].map((one) => one.element),
  );
}

/** A table with a heading row: `rows` is where its rows go, and `row()` makes one, {element,
    cells}. A title that begins with # is that of numbers. In a narrow window each row stands by
    itself, with the titles beside its cells; the roles keep it a table. */
export function tableOf(caption, titles) {
  const columns = titles.map((title) =>
    title.startsWith('#') ? {name: title.slice(1), kind: 'number'} : {name: title, kind: null},
  );
  const rows = element('tbody', {role: 'rowgroup'});
  const table = element(
    'table',
    {role: 'table', class: 'stacks'},
    element('caption', {class: 'hidden'}, caption),
    element(
      'thead',
      {role: 'rowgroup'},
      element(
        'tr',
        {role: 'row'},
        columns.map(({name, kind}) =>
          element('th', {role: 'columnheader', scope: 'col', class: kind}, name),
        ),
      ),
    ),
    rows,
  );
  const row = () => {
    const cells = columns.map(({name, kind}) =>
      element('td', {role: 'cell', class: kind, 'data-title': name}),
    );
    return {element: element('tr', {role: 'row'}, cells), cells};
  };
  return {
    element: element(
      'div',
      {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
      table,
    ),
    rows,
    row,
  };
}

/** Puts into a cell what says something else than what is there. */
export function setCell(cellNode, content) {
  if (typeof content === 'string') {
    if (cellNode.firstElementChild) cellNode.replaceChildren(content);
    else setText(cellNode, content);
    return;
  }
  const now = cellNode.firstElementChild;
  if (!now || !now.isEqualNode(content)) cellNode.replaceChildren(content);
}

/** A section whose table has a row for each item. `columns`: [title, item => content]; a title that
    begins with # is that of numbers. `keyOf` tells items apart. Without items it says `nothing`. */
export class TableSection {
  constructor({title, caption = title, columns, keyOf, nothing}) {
    this.table = tableOf(
      caption,
      columns.map(([name]) => name),
    );
    this.contents = columns.map(([, content]) => content);
    this.keyOf = keyOf;
    this.nothing = element('p', {class: 'note'}, nothing);
    const heading = title ? element('h2', {}, title) : null;
    this.element = element('section', {}, heading, this.table.element, this.nothing);
  }

  fill(items) {
    this.table.element.hidden = items.length === 0;
    this.nothing.hidden = items.length > 0;
    keyed(this.table.rows, items, this.keyOf, this.table.row, ({cells}, item) => {
      this.contents.forEach((content, index) => setCell(cells[index], content(item)));
    });
  }
}

/** The heading of a view, with the sentence that sums it up. */
export function topOf(title, summary) {
  return element('div', {class: 'top'}, element('h1', {tabindex: '-1'}, title), summary);
}

/** A field to search by; `onInput` gets its text. */
export function searchField(placeholder, text, onInput) {
  const field = element('input', {
    type: 'search',
    id: 'search',
    placeholder,
    autocomplete: 'off',
    spellcheck: 'false',
    on: {input: () => onInput(field.value)},
  });
  field.value = text;
  return field;
}

/** A choice; `options`: [value, text]. `onChange` gets the value. */
export function choiceOf(id, options, onChange) {
  const select = element(
    'select',
    {id, on: {change: () => onChange(select.value)}},
    options.map(([value, text]) => element('option', {value}, text)),
  );
  return select;
}
