// Charts over time, drawn by dygraphs. Each says in words what it shows, and has a table of its
// values, for whoever does not see it. Where slod was built without dygraphs, the table remains.

import {element, setAttribute, setText} from './dom.js';
import {when} from './format.js';

let loading = null;

/** The library, once for all charts; null where slod was built without it. */
function library() {
  loading ??= new Promise((done) => {
    document.head.append(element('link', {rel: 'stylesheet', href: 'page/dygraph.min.css'}));
    document.head.append(element('script', {src: 'page/dygraph.min.js', on: {
      // Its legend sets styles in a way that the policy of this page refuses, and is not needed.
      load: () => {
        Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
        done(Dygraph);
      },
      error: () => done(null),
    }}));
  });
  return loading;
}

let drawn = Promise.resolve();

/** Ends when it is a chart's turn: one after the other, so that the page answers in between. */
function turn() {
  drawn = drawn.then(() => new Promise((next) => { setTimeout(next); }));
  return drawn;
}

/** Lengths of pixels grow with the letters that somebody likes. */
const scaled = (pixels) => pixels * parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A bar for each value, as wide as the distance to the next one. */
function bars(event) {
  const {drawingContext: context, points, color: fill} = event;
  const bottom = event.dygraph.toDomYCoord(0);
  const width = points.length > 1 ? Math.max(1, (points[1].canvasx - points[0].canvasx) - 1) : 4;
  context.fillStyle = fill;
  for (const point of points) {
    if (!Number.isFinite(point.canvasy) || !point.yval) continue;
    const top = Math.min(point.canvasy, bottom - 1.5);
    context.fillRect(point.canvasx - width, top, width, bottom - top);
  }
}

export class Chart {
  /** `write` makes text of a value. `colors` are names of the style's; `bars` draws bars. */
  constructor({title, write, colors, bars: hasBars = false, fill = false, note = ''}) {
    this.title = title;
    this.write = write;
    this.colors = colors;
    this.hasBars = hasBars;
    this.fill = fill;
    this.readout = element('span', {class: 'readout'});
    this.plot = element('div', {class: 'plot', role: 'img', 'aria-label': `Chart: ${title}. Nothing yet.`});
    this.table = element('table');
    this.details = element('details', {on: {toggle: () => this.tabulate()}},
                           element('summary', {}, 'Values'), this.table);
    this.element = element('figure', {class: 'chart'},
        element('figcaption', {}, element('span', {class: 'chart-title'}, title),
                this.note = element('span', {class: 'note'}, note), this.readout),
        this.plot, this.details);
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.onScheme = () => this.data && this.draw(true);
    this.scheme.addEventListener('change', this.onScheme);
  }

  close() {
    this.scheme.removeEventListener('change', this.onScheme);
    this.graph?.destroy();
    this.graph = null;
    this.isClosed = true;
  }

  /** labels: of the values after the time. rows: [Date, value or null, ...]. from, to: Dates.
      gaps: [{begin, end, weight}]. marks: [{at, symbol, kind}]. lines: [{value, text, kind}]. */
  async show(data) {
    this.data = data;
    if (data.note) setText(this.note, data.note);
    this.describe();
    this.tabulate();
    const Library = await library();
    if (this.isClosed) return;
    if (!Library) {
      setText(this.plot, 'This slod was built without charts (libjs-dygraphs).');
      setAttribute(this.plot, 'class', 'plot none');
      return;
    }
    this.Library = Library;
    await turn();
    if (!this.isClosed) this.draw(false);
  }

  draw(anew) {
    if (anew) {
      this.graph?.destroy();
      this.graph = null;
    }
    const {rows, labels, from, to} = this.data;
    if (!this.Library) return;
    // Without any value the axes are drawn all the same.
    const file = rows.length > 0 ? rows : [[from, ...labels.map(() => null)]];
    const changing = {
      file, dateWindow: [from.getTime(), to.getTime()], valueRange: this.range()};
    if (this.graph && this.labels === labels.join()) {
      this.graph.updateOptions(changing);
      return;
    }
    this.graph?.destroy();
    this.labels = labels.join();
    const axis = {axisLineColor: color('line'), gridLineColor: color('grid'), axisLabelFontSize: scaled(11)};
    this.graph = new this.Library(this.plot, file, {
      ...changing, ...axis, labels: ['time', ...labels], legend: 'never', interactionModel: {},
      colors: this.colors.slice(0, labels.length).map(color), strokeWidth: 1.6, fillGraph: this.fill,
      fillAlpha: 0.13,
      series: Object.fromEntries(labels.map((label, index) => [label, {strokePattern: index > 0 ? [5, 3] : null}])),
      rightGap: 8, xAxisHeight: scaled(24),
      ...(this.hasBars ? {plotter: bars} : {}), highlightCircleSize: this.hasBars ? 0 : 3,
      axes: {x: {axisLabelWidth: scaled(64), pixelsPerLabel: scaled(90)}, y: {...(this.hasBars ? {ticker: (...given) => this.tickCounts(...given)} : {}), axisLabelFormatter: (value) => this.write(value).replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, ''), axisLabelWidth: scaled(58), pixelsPerLabel: scaled(36)}},
      underlayCallback: (context, area, graph) => this.underlay(context, area, graph),
      highlightCallback: (event, x, points) => this.read(new Date(x), points.map((point) => point.yval)),
      unhighlightCallback: () => this.readLast(),
    });
  }

  /** Where every count is whole, none stands at the axis that is not. */
  tickCounts(...given) {
    const ticks = this.Library.numericTicks(...given);
    const areWhole = this.data.rows.every((row) => row.slice(1).every((value) => value === null || Number.isInteger(value)));
    return areWhole ? ticks.filter((tick) => Number.isInteger(tick.v)) : ticks;
  }

  /** All values and lines with some air; from zero, but for what is close to a share of one. */
  range() {
    const {rows, lines = [], range} = this.data;
    if (range) return range;
    let top = 0;
    for (const row of rows) for (const value of row.slice(1)) if (value !== null && value > top) top = value;
    for (const line of lines) if (line.value > top && (line.value < top * 4 || top === 0)) top = line.value;
    return [0, top > 0 ? top * 1.1 : 1];
  }

  underlay(context, area, graph) {
    const {gaps = [], marks = [], lines = []} = this.data;
    const x = (date) => graph.toDomXCoord(date.getTime());
    context.save();
    context.beginPath();
    context.rect(area.x, area.y, area.w, area.h);
    context.clip();
    for (const gap of gaps) {
      const left = x(gap.begin);
      const width = Math.max(2, x(gap.end) - left);
      context.globalAlpha = 0.25 + 0.75 * gap.weight;
      context.fillStyle = color('missing');
      context.fillRect(left, area.y, width, area.h);
    }
    context.globalAlpha = 1;
    context.font = `${scaled(11)}px system-ui, sans-serif`;
    for (const line of lines) {
      const y = graph.toDomYCoord(line.value);
      context.strokeStyle = context.fillStyle = color(line.kind);
      if (y < area.y) {  // far above all values
        context.textBaseline = 'top';
        context.fillText(`↑ ${line.text}`, area.x + 4, area.y + 2);
        continue;
      }
      context.setLineDash([4, 4]);
      context.beginPath();
      context.moveTo(area.x, y);
      context.lineTo(area.x + area.w, y);
      context.stroke();
      context.textBaseline = y - area.y < scaled(14) ? 'top' : 'bottom';
      context.fillText(line.text, area.x + 4, y + (y - area.y < scaled(14) ? 2 : -1));
    }
    context.setLineDash([]);
    context.textBaseline = 'top';
    context.textAlign = 'center';
    for (const mark of marks) {
      const at = x(mark.at);
      if (at < area.x || at > area.x + area.w) continue;
      context.strokeStyle = context.fillStyle = color(mark.kind);
      context.beginPath();
      context.moveTo(at, area.y + scaled(13));
      context.lineTo(at, area.y + area.h);
      context.stroke();
      context.fillText(mark.symbol, Math.min(at, area.x + area.w - 5), area.y);
    }
    context.restore();
  }

  read(date, values) {
    const {labels} = this.data;
    const text = labels.map((label, index) => `${labels.length > 1 ? `${index > 0 ? '┅' : '━'} ${label} ` : ''}${this.write(values[index])}`).join(', ');
    setText(this.readout, `${when(date)}  ${text}`);
  }

  readLast() {
    const row = this.data.rows.findLast((one) => one.slice(1).some((value) => value !== null));
    if (row) this.read(row[0], row.slice(1));
    else setText(this.readout, 'nothing yet');
  }

  describe() {
    const {rows, labels, gaps = []} = this.data;
    const parts = labels.map((label, index) => {
      const values = rows.map((row) => row[index + 1]).filter((value) => value !== null);
      if (values.length === 0) return `${label}: nothing`;
      return `${label}: last ${this.write(values.at(-1))}, lowest ${this.write(values.reduce((a, b) => Math.min(a, b)))}, highest ${this.write(values.reduce((a, b) => Math.max(a, b)))}`;
    });
    if (gaps.length > 0) parts.push(`missing time: ${gaps.length === 1 ? 'one stretch' : `${gaps.length} stretches`}`);
    setAttribute(this.plot, 'aria-label', `Chart: ${this.title}. ${parts.join('; ')}.`);
    this.readLast();
  }

  tabulate() {
    if (!this.details.open) return;
    const {rows, labels} = this.data;
    const every = Math.ceil(rows.length / 60);
    const shown = rows.filter((_, index) => (rows.length - 1 - index) % every === 0).reverse();
    this.table.replaceChildren(
        element('thead', {}, element('tr', {}, ['Time', ...labels].map((label) => element('th', {scope: 'col'}, label)))),
        element('tbody', {}, shown.map((row) => element('tr', {}, element('th', {scope: 'row'}, when(row[0])),
                                                        row.slice(1).map((value) => element('td', {class: 'number'}, this.write(value)))))));
  }
}
