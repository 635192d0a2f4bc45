// One SLO: how its budget was spent over the window, and what stands against it.

import {ask, quoted, range} from './ask.js';
import {eventsOf} from './happened.js';
import {burnTable, burnsOf} from './slo_burns.js';
import {SloCharts} from './slo_charts.js';
import {SloTiles} from './slo_tiles.js';
import {doubtTable} from './slo_doubts.js';
import {TableSection, element, topOf} from './dom.js';
import {duration, when} from './format.js';

/** Lengths in seconds that charts can show instead of the window, where they are much shorter. */
const lengths = [300, 3600, 6 * 3600, 86400, 7 * 86400];
const eventsMost = 200;
const legend = 'Grey: missing time. ▲ alert fired, ✓ resolved; ■ deploys frozen, ○ open again.';

/** The choice of how much of the past the charts show. `value`: seconds as text, empty for the
    whole window; null before the SLO is known. */
class Span {
  constructor(onChange) {
    this.value = null;
    this.select = element('select', {id: 'span', on: {change: () => this.choose(onChange)}});
    const label = element('label', {for: 'span'}, 'Charts show');
    this.element = element('span', {class: 'span'}, label, this.select);
  }

  choose(onChange) {
    this.value = this.select.value;
    onChange();
  }

  /** Offers what fits the SLO. While the SLO is young, it chooses the least that shows all that was
      read. */
  offer(slo) {
    if (this.value !== null) return;
    const shorter = lengths.filter((seconds) => seconds <= slo.window_seconds / 4);
    const known = slo.observed_since ? (Date.now() - new Date(slo.observed_since)) / 1000 : 0;
    const isOld = known > slo.window_seconds / 8;
    this.value = String(isOld ? '' : (shorter.find((seconds) => seconds >= known) ?? ''));
    this.select.replaceChildren(
      ...shorter.map((seconds) =>
        element('option', {value: String(seconds)}, `the last ${duration(seconds)}`),
      ),
      element('option', {value: ''}, `the window, ${duration(slo.window_seconds)}`),
    );
    this.select.value = this.value;
    this.element.hidden = shorter.length === 0;
  }
}

function titleOf({kind, symbol, title}) {
  const mark = element('span', {'aria-hidden': 'true', class: `mark ${kind}`}, symbol);
  return element('span', {}, mark, ` ${title}`);
}

/** Alerts and changes of the freeze level, newest first. */
function happenedTable() {
  return new TableSection({
    title: 'What happened',
    caption: 'What happened in this window',
    columns: [
      ['Time', (event) => when(event.at)],
      ['What', titleOf],
      ['Why', (event) => event.text],
    ],
    keyOf: (event) => event.key,
    nothing: 'No alert and no change of the freeze level in this window.',
  });
}

class SloView {
  constructor(main, service, name) {
    this.service = service;
    this.name = name;
    this.title = `${service}/${name}`;
    this.path = `api/v1/slos/${encodeURIComponent(service)}/${encodeURIComponent(name)}`;
    this.chartsDue = 0; // milliseconds since 1970
    this.slo = null;
    this.tiles = new SloTiles(service);
    this.span = new Span(() => this.redraw());
    this.charts = new SloCharts();
    this.burns = burnTable();
    this.doubts = doubtTable();
    this.happened = happenedTable();
    main.append(
      element('p', {class: 'crumb'}, element('a', {href: '#/'}, 'All SLOs')),
      topOf(this.title, this.tiles.about),
      this.tiles.element,
      element(
        'div',
        {class: 'controls key'},
        this.span.element,
        element('p', {class: 'note'}, legend),
      ),
      this.charts.element,
      this.burns.element,
      this.doubts.element,
      this.happened.element,
    );
  }

  async refresh(arrived) {
    const isDue = Date.now() >= this.chartsDue;
    // At once, so that tiles and charts say the same.
    const [slo, verdict, past] = await Promise.all([
      ask(this.path),
      ask(`freeze/${encodeURIComponent(this.service)}`),
      isDue && this.span.value !== null ? this.past() : null,
    ]);
    this.slo = slo;
    this.span.offer(slo);
    this.tiles.fill(slo, verdict);
    this.charts.latency.element.hidden = slo.latency === null;
    this.burns.fill(burnsOf(slo));
    this.doubts.fill(slo.doubt);
    this.charts.offerRules(slo);
    arrived();
    if (!isDue) return;
    await this.draw(past ?? (await this.past()));
    this.chartsDue = Date.now() + (slo.window_seconds < 7200 ? 2000 : 20000);
  }

  close() {
    this.charts.close();
  }

  past() {
    const {service, name} = this;
    const last = this.span.value;
    return Promise.all([
      ask(`${this.path}/history`, last ? {last: `${last}s`} : {}),
      ask('api/v1/episodes', {service, slo: name}),
      ask('api/v1/verdicts', {service}),
    ]);
  }

  async draw([{slices}, {episodes}, {changes}]) {
    if (slices.length === 0) return;
    const from = new Date(slices[0].begin);
    const to = new Date(slices.at(-1).end);
    const events = eventsOf(episodes, changes).filter((event) => new Date(event.at) >= from);
    this.charts.drawSlices(this.slo, slices, events, this.span.value !== '');
    this.happened.fill(events.slice(0, eventsMost));
    const step = Math.max(1, Math.ceil((to - from) / 240000));
    const start = Math.ceil(from.getTime() / 1000 / step) * step;
    const selector = `{service=${quoted(this.service)},slo=${quoted(this.name)}}`;
    const series = (metric) => range(metric + selector, start, to.getTime() / 1000, step);
    const [burns, quantiles] = await Promise.all([
      series('slod_slo_burn_rate'),
      this.slo.latency ? series('slod_latency_seconds') : [],
    ]);
    this.charts.drawBurns(burns);
    this.charts.drawLatency(quantiles);
  }

  /** After another choice. Where slod does not answer, the next refresh says so. */
  async redraw() {
    this.chartsDue = 0;
    const wanted = this.span.value;
    try {
      const past = await this.past();
      if (wanted === this.span.value) await this.draw(past);
    } catch {
      // The next refresh asks the same, and shows the problem.
    }
  }
}

export function openSlo(main, service, name) {
  return new SloView(main, service, name);
}
