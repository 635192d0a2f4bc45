// The charts of one SLO, all over the same stretch of time.

import {Chart} from './charts.js';
import {burnOf} from './slo_burns.js';
import {latencyText} from './slo_tiles.js';
import {marksOf} from './happened.js';
import {element, setAttribute} from './dom.js';
import {duration, latency, objective, percent, secondsOf, shortCount, times} from './format.js';

/** Slices in which a part of the time was missing, neighbours as one. Reads do not end with slices
    to the millisecond, so a little is no gap. */
function gapsOf(slices) {
  const gaps = [];
  for (const slice of slices) {
    if (slice.coverage_ratio === null || slice.coverage_ratio > 0.98) continue;
    const begin = new Date(slice.begin);
    const gap = {begin, end: new Date(slice.end), weight: 1 - slice.coverage_ratio};
    const before = gaps.at(-1);
    if (before && before.end.getTime() === begin.getTime()) {
      before.end = gap.end;
      before.weight = Math.max(before.weight, gap.weight);
    } else {
      gaps.push(gap);
    }
  }
  return gaps;
}

/** [Date, value or null] for each slice; null where nothing was read. */
function rowsOf(slices, value) {
  return slices.map((slice) => {
    const isUnread = slice.coverage_ratio === null && slice.good + slice.bad === 0;
    return [new Date(slice.end), isUnread ? null : value(slice)];
  });
}

/** "in steps of 5m" */
function stepOf(slices) {
  const lengths = slices.map(({begin, end}) => (new Date(end) - new Date(begin)) / 1000);
  const length = Math.max(0, ...lengths);
  return `in steps of ${length < 10 ? `${Number(length.toFixed(1))}s` : duration(length)}`;
}

const lowest = (rows, least) =>
  rows.reduce((low, [, value]) => (value === null ? low : Math.min(low, value)), least);
const finite = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);
const ruleText = ({severity, factor, long_window_seconds: long, short_window_seconds: short}) =>
  `${severity} ${times(factor)}, ${duration(long)}, ${duration(short)}`;

/** Of one window's burn rates over time: [Date, long or null, short or null]. */
function burnRows(series, windows) {
  const rows = new Map();
  for (const one of series) {
    const place = windows.indexOf(secondsOf(one.metric.window ?? ''));
    if (place < 0) continue;
    for (const [at, value] of one.values) {
      if (!rows.has(at)) rows.set(at, [new Date(at * 1000), null, null]);
      rows.get(at)[place + 1] = finite(value);
    }
  }
  return [...rows.values()];
}

export class SloCharts {
  constructor() {
    this.slo = null;
    this.frame = null; // {from, to, gaps, marks} of all charts
    this.series = []; // of burn rates
    const events = {write: shortCount, bars: true};
    const share = {colors: ['accent'], fill: true, note: 'over the window'};
    this.budget = new Chart({title: 'Budget left', write: (value) => percent(value, 1), ...share});
    this.sli = new Chart({title: 'SLI', write: (value) => percent(value, 2), colors: ['accent']});
    this.burn = new Chart({title: 'Burn rate', write: times, colors: ['accent', 'unknown']});
    this.bad = new Chart({title: 'Bad events', colors: ['bad'], ...events});
    this.total = new Chart({title: 'All events', colors: ['muted'], ...events});
    this.latency = new Chart({
      title: 'Latency',
      write: (value) => latencyText(this.slo?.latency, value),
      colors: ['accent'],
      note: 'over the window, with its bound',
    });
    this.pick = element('select', {id: 'rule', on: {change: () => this.drawBurns(this.series)}});
    const label = element('label', {for: 'rule', class: 'hidden'}, 'Alert rule');
    this.burn.element.firstChild.append(label, this.pick);
    for (const one of [this.budget, this.latency]) setAttribute(one.element, 'class', 'chart wide');
    this.all = [this.budget, this.sli, this.burn, this.bad, this.total, this.latency];
    this.element = element(
      'div',
      {class: 'charts'},
      this.all.map((one) => one.element),
    );
  }

  close() {
    for (const chart of this.all) chart.close();
  }

  /** The choice of the rule that the chart of burn rates is about. */
  offerRules(slo) {
    this.slo = slo;
    if (this.pick.childElementCount === slo.alert_rules.length) return;
    this.pick.replaceChildren(
      ...slo.alert_rules.map((rule, index) =>
        element('option', {value: String(index)}, ruleText(rule)),
      ),
    );
  }

  /** `isPart`: the slices are the end of the window, not all of it. */
  drawSlices(slo, slices, events, isPart) {
    this.slo = slo;
    this.frame = {
      from: new Date(slices[0].begin),
      to: new Date(slices.at(-1).end),
      gaps: gapsOf(slices),
      marks: marksOf(events),
    };
    const frame = {...this.frame, note: stepOf(slices)};
    this.drawBudget(slices, isPart);
    this.drawSli(slices, frame);
    const bad = rowsOf(slices, (slice) => slice.bad);
    const total = rowsOf(slices, (slice) => slice.good + slice.bad);
    this.bad.show({...frame, labels: ['bad'], rows: bad});
    this.total.show({...frame, labels: ['all'], rows: total});
  }

  drawBudget(slices, isPart) {
    const {allowed_bad: allowed, remaining_ratio: remaining} = this.slo.budget;
    let later = slices.reduce((sum, slice) => sum + slice.bad, 0); // bad events after a slice
    const rows = rowsOf(slices, (slice) => {
      later -= slice.bad;
      return allowed > 0 ? remaining + later / allowed : null;
    });
    this.budget.show({
      ...this.frame,
      note: isPart ? "at the window's end" : 'over the window',
      labels: ['left'],
      rows,
      range: [Math.min(-0.03, lowest(rows, 0) * 1.1), 1.08],
      lines: [{value: 0, text: 'nothing left', kind: 'bad'}],
    });
  }

  drawSli(slices, frame) {
    const wanted = this.slo.objective_ratio;
    const rows = rowsOf(slices, ({good, bad}) => (good + bad > 0 ? good / (good + bad) : null));
    const low = lowest(rows, wanted);
    this.sli.show({
      ...frame,
      labels: ['SLI'],
      rows,
      range: [Math.max(0, low - (1 - low) * 0.3), 1 + (1 - low) * 0.12],
      lines: [{value: wanted, text: `objective ${objective(wanted)}`, kind: 'warn'}],
    });
  }

  /** `series`: of all windows; those of the chosen rule are drawn. */
  drawBurns(series) {
    this.series = series;
    const rule = this.slo?.alert_rules[Number(this.pick.value)];
    if (!this.frame || !rule) return;
    const windows = [rule.long_window_seconds, rule.short_window_seconds];
    const now = [this.frame.to, ...windows.map((seconds) => burnOf(this.slo, seconds))];
    const text = `${rule.severity} above ${times(rule.factor)}`;
    this.burn.show({
      ...this.frame,
      labels: windows.map(duration),
      rows: [...burnRows(series, windows), now].sort((a, b) => a[0] - b[0]),
      lines: [{value: rule.factor, text, kind: 'bad'}],
    });
  }

  drawLatency(series) {
    const reading = this.slo.latency;
    if (!reading) return;
    const values = series[0]?.values ?? [];
    const rows = values.map(([at, value]) => [new Date(at * 1000), finite(value)]);
    rows.push([this.frame.to, reading.value_seconds]);
    const bounds = [
      ['at least', reading.lower_seconds],
      ['at most', reading.upper_seconds],
    ];
    const lines = bounds
      .filter(([, value]) => value !== null && value > 0)
      .map(([text, value]) => ({value, text: `${text} ${latency(value)}`, kind: 'muted'}));
    this.latency.show({...this.frame, labels: [`p${reading.quantile * 100}`], rows, lines});
  }
}
