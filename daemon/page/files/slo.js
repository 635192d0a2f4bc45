// One SLO: how its budget was spent over the window, and what stands against it.

import {ask, quoted, range} from './ask.js';
import {eventsOf, marksOf} from './happened.js';
import {budgetKind} from './overview.js';
import {Chart} from './charts.js';
import {badge, element, keyed, link, setAttribute, setCell, setText, tableOf} from './dom.js';
import {age, count, distance, duration, firingKind, latency, levelText, objective, percent, percentOfBad,
        secondsOf, shortCount, sliDigits, times, verdictKind, when} from './format.js';

/** Lengths that charts can show instead of the window, where they are much shorter than it. */
const lengths = [300, 3600, 6 * 3600, 86400, 7 * 86400];
const bases = {projected: ', projected from what was read so far', observed: ', of what was read so far'};

function tile(title) {
  const value = element('strong');
  const note = element('span', {class: 'note'});
  return {value, note, element: element('div', {class: 'tile'}, element('h2', {}, title), value, note)};
}

/** Slices in which a part of the time was missing, neighbours as one. Reads do not end with slices to
    the millisecond, so a little is no gap. */
function gapsOf(slices) {
  const gaps = [];
  for (const slice of slices) {
    if (slice.coverage_ratio === null || slice.coverage_ratio > 0.98) continue;
    const gap = {begin: new Date(slice.begin), end: new Date(slice.end), weight: 1 - slice.coverage_ratio};
    const before = gaps.at(-1);
    if (before && before.end.getTime() === gap.begin.getTime()) {
      before.end = gap.end;
      before.weight = Math.max(before.weight, gap.weight);
    } else {
      gaps.push(gap);
    }
  }
  return gaps;
}

export function openSlo(main, service, name) {
  const id = `${service}/${name}`;
  const path = `api/v1/slos/${encodeURIComponent(service)}/${encodeURIComponent(name)}`;
  const about = element('p', {class: 'summary'});
  const tiles = {
    budget: tile('Budget left'), sli: tile('SLI'), events: tile('Events'), deploys: tile('Deploys'),
    coverage: tile('Coverage'), latency: tile('Latency'),
  };
  const gauge = element('span', {class: 'fill'});
  tiles.budget.element.append(element('span', {class: 'bar', 'aria-hidden': 'true'}, gauge));
  const ratio = (digits) => (value) => percent(value, digits);
  // Above the last bound of a histogram it is only known that it was more.
  const writeLatency = (value) => (slo?.latency?.upper_seconds === null && value >= slo.latency.lower_seconds ? `≥ ${latency(value)}` : latency(value));
  const span = element('select', {id: 'span', on: {change: () => { chosen = span.value; chartsDue = 0; drawAnew().catch(() => {}); }}});
  const spanLabel = element('label', {for: 'span'}, 'Charts show');
  const charts = {
    budget: new Chart({title: 'Budget left', write: ratio(1), colors: ['accent'], fill: true, note: 'over the window'}),
    sli: new Chart({title: 'SLI', write: (value) => percent(value, 2), colors: ['accent']}),
    burn: new Chart({title: 'Burn rate', write: times, colors: ['accent', 'unknown']}),
    bad: new Chart({title: 'Bad events', write: shortCount, colors: ['bad'], bars: true}),
    total: new Chart({title: 'All events', write: shortCount, colors: ['muted'], bars: true}),
    latency: new Chart({title: 'Latency', write: writeLatency, colors: ['accent'], note: 'over the window, with its bound'}),
  };
  const pick = element('select', {id: 'rule', on: {change: () => drawBurn()}});
  charts.burn.element.firstChild.append(element('label', {for: 'rule', class: 'hidden'}, 'Alert rule'), pick);
  const burns = tableOf('Burn rates against their thresholds', ['Alert', '#Long window', '#Short window', '#Threshold', 'State']);
  const happened = tableOf('What happened in this window', ['Time', 'What', 'Why']);
  const nothing = element('p', {class: 'note'}, 'No alert and no change of the freeze level in this window.');
  main.append(
      element('p', {class: 'crumb'}, element('a', {href: '#/'}, 'All SLOs')),
      element('div', {class: 'top'}, element('h1', {tabindex: '-1'}, id), about),
      element('div', {class: 'tiles'}, Object.values(tiles).map((one) => one.element)),
      element('div', {class: 'controls key'}, element('span', {class: 'span'}, spanLabel, span),
              element('p', {class: 'note'}, 'Grey: missing time. ▲ alert fired, ✓ resolved; ■ deploys frozen, ○ open again.')),
      element('div', {class: 'charts'}, Object.values(charts).map((chart) => chart.element)),
      element('section', {}, element('h2', {}, 'Burn rates'), burns.element),
      element('section', {}, element('h2', {}, 'What happened'), happened.element, nothing));
  for (const chart of [charts.budget, charts.latency]) setAttribute(chart.element, 'class', 'chart wide');

  let slo = null;
  let series = [];
  let frame = null;  // {from, to, gaps, marks} of all charts
  let chartsDue = 0;
  let chosen = null;  // seconds, as text; empty: the window

  function fillAbout(verdict) {
    about.replaceChildren(...[
      slo.description, slo.owner ? `owner ${slo.owner}` : null, `${slo.kind} over ${duration(slo.window_seconds)}`,
      slo.runbook ? link(slo.runbook, 'runbook') : null,
    ].filter(Boolean).flatMap((part, index) => (index > 0 ? [' · ', part] : [part])));
    const {budget} = slo;
    setText(tiles.budget.value, percent(budget.remaining_ratio));
    const worst = budget.spent_worst_ratio !== null && budget.spent_worst_ratio > budget.spent_ratio + 0.0005 ? `, at worst ${percent(1 - budget.spent_worst_ratio)}` : '';
    const room = budget.allowed_bad - slo.bad;
    setText(tiles.budget.note, budget.spent_ratio === null ? 'no events yet'
        : `${room < 0 ? `${shortCount(-room)} bad events too many` : `${shortCount(room)} more may be bad`}${worst}`);
    gauge.style.width = `${Math.max(0, Math.min(1, budget.remaining_ratio ?? 0)) * 100}%`;
    setAttribute(gauge.parentNode, 'class', `bar ${budgetKind(budget.remaining_ratio)}`);
    setText(tiles.sli.value, percent(slo.sli_ratio, sliDigits(slo.objective_ratio)));
    setText(tiles.sli.note, `objective ${objective(slo.objective_ratio)}`);
    setText(tiles.events.value, `${shortCount(slo.bad)} bad`);
    setText(tiles.events.note, `of ${count(slo.total)}; ${budget.allowed_bad === null ? '–' : shortCount(budget.allowed_bad)} allowed${budget.allowed_bad === null ? '' : bases[budget.basis] ?? ''}`);
    setCell(tiles.deploys.value, verdict ? badge(verdictKind(verdict.verdict), verdict.verdict) : 'unknown');
    setText(tiles.deploys.note, `features of ${service}. By this SLO: ${levelText(slo.level)}.${verdict?.earliest_thaw ? ` Thaws ${distance(verdict.earliest_thaw)} at the earliest.` : ''}`);
    setText(tiles.coverage.value, percent(slo.coverage_ratio));
    setText(tiles.coverage.note, slo.evidence_age_seconds === null ? 'never read' : `read ${age(slo.evidence_age_seconds)}`);
    const {latency: p} = slo;
    tiles.latency.element.hidden = charts.latency.element.hidden = p === null;
    if (p) {
      setText(tiles.latency.element.firstChild, `p${Number((p.quantile * 100).toFixed(3))}`);
      setText(tiles.latency.value, writeLatency(p.value_seconds));
      setText(tiles.latency.note, p.upper_seconds === null ? `above the last bucket, ${latency(p.lower_seconds)}` : `${latency(p.lower_seconds)} to ${latency(p.upper_seconds)}${p.error_ratio === null ? '' : `, ±${percentOfBad(p.error_ratio, 0)}`}`);
    }
  }

  function burnOf(seconds) {
    return slo.burn_rates.find((burn) => burn.window_seconds === seconds)?.value ?? null;
  }

  function fillBurns() {
    keyed(burns.rows, slo.alert_rules, (rule) => `${rule.severity} ${rule.long_window_seconds} ${rule.factor}`, () => burns.row(), (row, rule) => {
      const long = burnOf(rule.long_window_seconds);
      const short = burnOf(rule.short_window_seconds);
      const holds = long > rule.factor && short > rule.factor;
      const alert = slo.alerts.find((one) => one.severity === rule.severity);
      [rule.severity, `${times(long)} over ${duration(rule.long_window_seconds)}`,
       `${times(short)} over ${duration(rule.short_window_seconds)}`, times(rule.factor),
       holds ? badge(firingKind(rule.severity), `above${alert ? `, ${alert.state}` : ''}`) : badge('quiet', long > rule.factor || short > rule.factor ? 'one window above' : 'below'),
      ].forEach((content, index) => setCell(row.cells[index], content));
    });
    const wanted = slo.alert_rules.map((rule) => `${rule.severity} ${times(rule.factor)}, ${duration(rule.long_window_seconds)}, ${duration(rule.short_window_seconds)}`);
    if (pick.childElementCount !== wanted.length) {
      pick.replaceChildren(...wanted.map((text, index) => element('option', {value: String(index)}, text)));
    }
  }

  function drawBurn() {
    const rule = slo?.alert_rules[Number(pick.value)];
    if (!frame || !rule) return;
    const windows = [rule.long_window_seconds, rule.short_window_seconds];
    const rows = new Map();
    for (const one of series) {
      const place = windows.indexOf(secondsOf(one.metric.window ?? ''));
      if (place < 0) continue;
      for (const [at, value] of one.values) {
        if (!rows.has(at)) rows.set(at, [new Date(at * 1000), null, null]);
        rows.get(at)[place + 1] = Number.isFinite(Number(value)) ? Number(value) : null;
      }
    }
    rows.set('now', [frame.to, ...windows.map(burnOf)]);
    charts.burn.show({...frame, labels: windows.map(duration), rows: [...rows.values()].sort((a, b) => a[0] - b[0]),
                      lines: [{value: rule.factor, text: `${rule.severity} above ${times(rule.factor)}`, kind: 'bad'}]});
  }

  function drawSlices(slices) {
    const rows = (value) => slices.map((slice) => [new Date(slice.end), slice.coverage_ratio === null && slice.good + slice.bad === 0 ? null : value(slice)]);
    const {allowed_bad: allowed, remaining_ratio: remaining} = slo.budget;
    let later = slices.reduce((sum, slice) => sum + slice.bad, 0);  // bad events after a slice
    const left = rows((slice) => {
      later -= slice.bad;
      return allowed > 0 ? remaining + later / allowed : null;
    });
    const length = slices.reduce((most, {begin, end}) => Math.max(most, new Date(end) - new Date(begin)), 0) / 1000;
    const note = `in steps of ${length < 10 ? `${Number(length.toFixed(1))}s` : duration(length)}`;
    const lowest = left.reduce((low, [, value]) => (value === null ? low : Math.min(low, value)), 0);
    charts.budget.show({...frame, note: chosen ? "at the window's end" : 'over the window', labels: ['left'], rows: left, range: [Math.min(-0.03, lowest * 1.1), 1.08],
                        lines: [{value: 0, text: 'nothing left', kind: 'bad'}]});
    const shares = rows((slice) => (slice.good + slice.bad > 0 ? slice.good / (slice.good + slice.bad) : null));
    const low = shares.reduce((least, [, value]) => (value === null ? least : Math.min(least, value)), slo.objective_ratio);
    charts.sli.show({...frame, note, labels: ['SLI'], rows: shares, range: [Math.max(0, low - (1 - low) * 0.3), 1 + (1 - low) * 0.12],
                     lines: [{value: slo.objective_ratio, text: `objective ${objective(slo.objective_ratio)}`, kind: 'warn'}]});
    charts.bad.show({...frame, note, labels: ['bad'], rows: rows((slice) => slice.bad)});
    charts.total.show({...frame, note, labels: ['all'], rows: rows((slice) => slice.good + slice.bad)});
  }

  function drawLatency(found) {
    if (!slo.latency) return;
    const rows = (found[0]?.values ?? []).map(([at, value]) => [new Date(at * 1000), Number.isFinite(Number(value)) ? Number(value) : null]);
    rows.push([frame.to, slo.latency.value_seconds]);
    const bound = [['lower_seconds', 'at least'], ['upper_seconds', 'at most']]
        .filter(([field]) => slo.latency[field] !== null && slo.latency[field] > 0)
        .map(([field, text]) => ({value: slo.latency[field], text: `${text} ${latency(slo.latency[field])}`, kind: 'muted'}));
    charts.latency.show({...frame, labels: [`p${slo.latency.quantile * 100}`], rows, lines: bound});
  }

  /** What the charts can show: much less than the window, or all of it. While the SLO is young, the
      least that shows all that was read. */
  function fillSpans() {
    if (chosen !== null) return;
    const shorter = lengths.filter((seconds) => seconds <= slo.window_seconds / 4);
    const known = slo.observed_since ? (Date.now() - new Date(slo.observed_since)) / 1000 : 0;
    chosen = String(known > slo.window_seconds / 8 ? '' : shorter.find((seconds) => seconds >= known) ?? '');
    span.replaceChildren(...shorter.map((seconds) => element('option', {value: String(seconds)}, `the last ${duration(seconds)}`)),
                         element('option', {value: ''}, `the window, ${duration(slo.window_seconds)}`));
    span.value = chosen;
    span.parentNode.hidden = shorter.length === 0;
  }

  const past = () => Promise.all([
    ask(`${path}/history`, chosen ? {last: `${chosen}s`} : {}),
    ask('api/v1/episodes', {service, slo: name}), ask('api/v1/verdicts', {service})]);

  async function drawCharts([{slices}, {episodes}, {changes}]) {
    if (slices.length === 0) return;
    const from = new Date(slices[0].begin);
    const to = new Date(slices.at(-1).end);
    const events = eventsOf(episodes, changes).filter((event) => new Date(event.at) >= from);
    frame = {from, to, gaps: gapsOf(slices), marks: marksOf(events)};
    drawSlices(slices);
    happened.element.hidden = events.length === 0;
    nothing.hidden = events.length > 0;
    keyed(happened.rows, events.slice(0, 200), (event) => event.key, () => happened.row(), (row, event) => {
      setCell(row.cells[0], when(event.at));
      setCell(row.cells[1], element('span', {}, element('span', {'aria-hidden': 'true', class: `mark ${event.kind}`}, event.symbol), ` ${event.title}`));
      setCell(row.cells[2], event.text);
    });
    const step = Math.max(1, Math.ceil((to - from) / 240000));
    const start = Math.ceil(from.getTime() / 1000 / step) * step;
    const selector = `{service=${quoted(service)},slo=${quoted(name)}}`;
    const [found, quantiles] = await Promise.all([
      range(`slod_slo_burn_rate${selector}`, start, to.getTime() / 1000, step),
      slo.latency ? range(`slod_latency_seconds${selector}`, start, to.getTime() / 1000, step) : []]);
    series = found;
    drawBurn();
    drawLatency(quantiles);
  }

  /** Where slod does not answer, the next refresh says so. */
  async function drawAnew() {
    const wanted = chosen;
    const found = await past();
    if (wanted === chosen) await drawCharts(found);
  }

  return {
    title: id,
    async refresh(arrived) {
      const isDue = Date.now() >= chartsDue;
      // At once, so that tiles and charts tell the same.
      const [one, freeze, found] = await Promise.all([
        ask(path), ask(`freeze/${encodeURIComponent(service)}`), isDue && chosen !== null ? past() : null]);
      slo = one;
      fillSpans();
      fillAbout(freeze);
      fillBurns();
      arrived();
      if (!isDue) return;
      await drawCharts(found ?? await past());
      chartsDue = Date.now() + (slo.window_seconds < 7200 ? 2000 : 20000);
    },
    close() {
      for (const chart of Object.values(charts)) chart.close();
    },
  };
}
