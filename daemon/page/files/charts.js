// Charts over time, drawn by dygraphs. Each says in words what it shows, and has a table of its
// values, for whoever does not see it. Where slod was built without dygraphs, the table remains.

import {element, setAttribute, setText} from './dom.js';
import {when} from './format.js';
import {bars, color, scaled, underlay} from './chart_canvas.js';

let loading = null;

/** The library, once for all charts; null where slod was built without it. */
function library() {
  loading ??= new Promise((done) => {
    document.head.append(element('link', {rel: 'stylesheet', href: 'page/dygraph.min.css'}));
    document.head.append(
      element('script', {
        src: 'page/dygraph.min.js',
        on: {
          // Its legend sets styles in a way that this page's policy refuses, and is not needed.
          load: () => {
            Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
            done(Dygraph);
          },
          error: () => done(null),
        },
      }),
    );
  });
  return loading;
}

let drawn = Promise.resolve();

/** Ends when it is a chart's turn: one after the other, so that the page answers in between. */
function turn() {
  drawn = drawn.then(
    () =>
      new Promise((next) => {
        setTimeout(next);
      }),
  );
  return drawn;
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
    this.plot = element('div', {
      class: 'plot',
      role: 'img',
      'aria-label': `Chart: ${title}. Nothing yet.`,
    });
    this.table = element('table');
    this.details = element(
      'details',
      {on: {toggle: () => this.tabulate()}},
      element('summary', {}, 'Values'),
      this.table,
    );
    this.element = element(
      'figure',
      {class: 'chart'},
      element(
        'figcaption',
        {},
        element('span', {class: 'chart-title'}, title),
        (this.note = element('span', {class: 'note'}, note)),
        this.readout,
      ),
      this.plot,
      this.details,
    );
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

  /** `fromScratch`: what does not change with the data, such as colours, has changed too. */
  draw(fromScratch) {
    const {rows, labels, from, to} = this.data;
    if (!this.Library) return;
    const changing = {
      // Without any value the axes are drawn all the same.
      file: rows.length > 0 ? rows : [[from, ...labels.map(() => null)]],
      dateWindow: [from.getTime(), to.getTime()],
      valueRange: this.range(),
    };
    if (this.graph && !fromScratch && this.labels === labels.join()) {
      this.graph.updateOptions(changing);
      return;
    }
    this.graph?.destroy();
    this.labels = labels.join();
    this.graph = new this.Library(this.plot, changing.file, {
      ...changing,
      ...this.look(labels),
      ...this.reactions(),
      labels: ['time', ...labels],
      legend: 'never',
      axes: {x: {axisLabelWidth: scaled(64), pixelsPerLabel: scaled(90)}, y: this.axis()},
    });
  }

  look(labels) {
    const pattern = (label, index) => [label, {strokePattern: index > 0 ? [5, 3] : null}];
    return {
      axisLineColor: color('line'),
      gridLineColor: color('grid'),
      axisLabelFontSize: scaled(11),
      colors: this.colors.slice(0, labels.length).map(color),
      strokeWidth: 1.6,
      fillGraph: this.fill,
      fillAlpha: 0.13,
      series: Object.fromEntries(labels.map(pattern)),
      rightGap: 8,
      xAxisHeight: scaled(24),
      ...(this.hasBars ? {plotter: bars} : {}),
      highlightCircleSize: this.hasBars ? 0 : 3,
    };
  }

  reactions() {
    const valuesOf = (points) => points.map((point) => point.yval);
    return {
      interactionModel: {},
      underlayCallback: (context, area, graph) => underlay(context, area, graph, this.data),
      highlightCallback: (event, x, points) => this.read(new Date(x), valuesOf(points)),
      unhighlightCallback: () => this.readLast(),
    };
  }

  axis() {
    // Zeros behind the point say nothing there.
    const shortened = (text) => text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
    return {
      ...(this.hasBars ? {ticker: (...given) => this.tickCounts(...given)} : {}),
      axisLabelFormatter: (value) => shortened(this.write(value)),
      axisLabelWidth: scaled(58),
      pixelsPerLabel: scaled(36),
    };
  }

  /** Where every count is whole, none stands at the axis that is not. */
  tickCounts(...given) {
    const ticks = this.Library.numericTicks(...given);
    const areWhole = this.data.rows.every((row) =>
      row.slice(1).every((value) => value === null || Number.isInteger(value)),
    );
    return areWhole ? ticks.filter((tick) => Number.isInteger(tick.v)) : ticks;
  }

  /** All values and lines with some air; from zero, but for what is close to a share of one. */
  range() {
    const {rows, lines = [], range} = this.data;
    if (range) return range;
    let top = 0;
    for (const row of rows)
      for (const value of row.slice(1)) if (value !== null && value > top) top = value;
    for (const line of lines)
      if (line.value > top && (line.value < top * 4 || top === 0)) top = line.value;
    return [0, top > 0 ? top * 1.1 : 1];
  }

  read(date, values) {
    const {labels} = this.data;
    const name = (label, index) => (labels.length > 1 ? `${index > 0 ? '┅' : '━'} ${label} ` : '');
    const text = labels.map((label, index) => name(label, index) + this.write(values[index]));
    setText(this.readout, `${when(date)}  ${text.join(', ')}`);
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
      return `${label}: ${values.length > 0 ? this.extremes(values) : 'nothing'}`;
    });
    const stretches = gaps.length === 1 ? 'one stretch' : `${gaps.length} stretches`;
    if (gaps.length > 0) parts.push(`missing time: ${stretches}`);
    setAttribute(this.plot, 'aria-label', `Chart: ${this.title}. ${parts.join('; ')}.`);
    this.readLast();
  }

  extremes(values) {
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    const [last, lowest, highest] = [values.at(-1), low, high].map((value) => this.write(value));
    return `last ${last}, lowest ${lowest}, highest ${highest}`;
  }

  tabulate() {
    if (!this.details.open) return;
    const {rows, labels} = this.data;
    const every = Math.ceil(rows.length / 60);
    const shown = rows.filter((_, index) => (rows.length - 1 - index) % every === 0).reverse();
    this.table.replaceChildren(
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ['Time', ...labels].map((label) => element('th', {scope: 'col'}, label)),
        ),
      ),
      element(
        'tbody',
        {},
        shown.map((row) =>
          element(
            'tr',
            {},
            element('th', {scope: 'row'}, when(row[0])),
            row.slice(1).map((value) => element('td', {class: 'number'}, this.write(value))),
          ),
        ),
      ),
    );
  }
}
