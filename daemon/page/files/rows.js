// Rows of which only those near the visible part of the page exist, so that a thousand cost no more
// than a screenful. They are table rows to assistive technology, with their place among all.

import {element, setAttribute, setChildren} from './dom.js';

const margin = 12; // rows above and below the visible ones, also for the tabulator key

export class Rows {
  /** `build()` makes an empty row; `fill(row, item)` writes an item into it. */
  constructor(group, build, fill) {
    this.group = group;
    this.build = build;
    this.fill = fill;
    this.items = [];
    this.rows = new Map();
    this.onMove = () => this.requestDraw();
    window.addEventListener('scroll', this.onMove, {passive: true});
    window.addEventListener('resize', this.onMove);
  }

  close() {
    window.removeEventListener('scroll', this.onMove);
    window.removeEventListener('resize', this.onMove);
    cancelAnimationFrame(this.frame);
  }

  /** Items with a unique `key`, in their order. */
  show(items) {
    this.items = items;
    this.draw();
  }

  requestDraw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Where in the items those stand that get a row: near the visible part, and the one whose row
      has the focus, which the tabulator key goes on from. */
  places(height) {
    const top = -this.group.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / height) - margin);
    const last = Math.min(
      this.items.length,
      Math.ceil((top + window.innerHeight) / height) + margin,
    );
    const places = [];
    for (let index = first; index < last; index += 1) places.push(index);
    const focused = this.group.contains(document.activeElement)
      ? [...this.rows].find(([, row]) => row.element.contains(document.activeElement))?.[0]
      : null;
    const at = focused ? this.items.findIndex((item) => item.key === focused) : -1;
    if (at >= 0 && at < first) places.unshift(at);
    if (at >= last) places.push(at);
    return places;
  }

  draw() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const height = rem * parseFloat(getComputedStyle(this.group).getPropertyValue('--row-height'));
    this.group.style.height = `${height * this.items.length}px`;
    const places = this.places(height);
    const needed = new Set(places.map((index) => this.items[index].key));
    const spare = []; // rows of other items, to be filled again
    for (const [key, row] of this.rows) {
      if (needed.has(key)) continue;
      row.element.remove(); // so that those that stay need not move
      spare.push(row);
    }
    const shown = new Map();
    for (const index of places) {
      const item = this.items[index];
      const row = this.rows.get(item.key) ?? spare.pop() ?? this.build();
      this.fill(row, item);
      row.element.style.transform = `translateY(${index * height}px)`;
      setAttribute(row.element, 'aria-rowindex', String(index + 2)); // the header is the first
      shown.set(item.key, row);
    }
    this.rows = shown;
    setChildren(
      this.group,
      [...shown.values()].map((row) => row.element),
    );
  }
}

/** A cell; `name` places it, and is its label where there is no room for a header. */
export function cell(name, ...children) {
  return element('div', {role: 'cell', class: `cell ${name}`}, ...children);
}
