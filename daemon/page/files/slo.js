// One SLO: how its budget was spent over the window, and what stands against it.

import {ask, quoted, range} from './ask.js';
import {budgetKind} from './overview.js';
import {Chart} from './charts.js';
import {badge, element, keyed, link, setAttribute, setCell, setText, tableOf} from './dom.js';
import {age, count, distance, duration, latency, levelKind, levelText, objective, percent, secondsOf,
        shortCount, sliDigits, times, verdictKind, when} from './format.js';

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

/** What happened, for the marks of the charts and the list below them. Newest first. */
function eventsOf(episodes, changes) {
  const events = [];
  for (const episode of episodes) {
    const over = `${times(episode.long_burn_rate)} over ${duration(episode.long_window_seconds)}, threshold ${times(episode.factor)}`;
    if (episode.fired_at) events.push({key: `${episode.key}f`, at: episode.fired_at, kind: 'bad', symbol: '▲', title: `${episode.severity} fired`, text: over});
    if (episode.resolved_at) events.push({key: `${episode.key}r`, at: episode.resolved_at, kind: 'ok', symbol: '✓', title: `${episode.severity} resolved`, text: `after ${duration((new Date(episode.resolved_at) - new Date(episode.since)) / 1000)}`});
    if (episode.state === 'pending') events.push({key: `${episode.key}p`, at: episode.since, kind: 'warn', symbol: '△', title: `${episode.severity} pending`, text: 'too few bad events to fire'});
  }
  for (const change of changes) {
    events.push({key: `${change.at}${change.to}`, at: change.at, kind: levelKind(change.to), symbol: change.to === 'open' ? '○' : '■', title: `service: ${levelText(change.to)}`, text: change.reason});
  }
  return events.sort((a, b) => (a.at < b.at ? 1 : -1));
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
  const charts = {
    budget: new Chart({title: 'Budget left', write: ratio(1), colors: ['accent'], fill: true, note: 'over the window'}),
    sli: new Chart({title: 'SLI', write: (value) => percent(value, 2), colors: ['accent'], note: 'of each slice'}),
    burn: new Chart({title: 'Burn rate', write: times, colors: ['accent', 'unknown'], note: 'against its threshold'}),
    bad: new Chart({title: 'Bad events', write: shortCount, colors: ['bad'], bars: true, note: 'in each slice'}),
    total: new Chart({title: 'All events', write: shortCount, colors: ['muted'], bars: true, note: 'in each slice'}),
    latency: new Chart({title: 'Latency', write: latency, colors: ['accent'], note: 'over the window, with its bound'}),
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
      element('p', {class: 'note key'}, 'Grey in charts: missing time. ▲ alert fired, ✓ resolved; ■ deploys frozen, ○ open again.'),
      element('div', {class: 'charts'}, Object.values(charts).map((chart) => chart.element)),
      element('section', {}, element('h2', {}, 'Burn rates'), burns.element),
      element('section', {}, element('h2', {}, 'What happened'), happened.element, nothing));
  for (const chart of [charts.budget, charts.latency]) setAttribute(chart.element, 'class', 'chart wide');

  let slo = null;
  let series = [];
  let frame = null;  // {from, to, gaps, marks} of all charts
  let chartsDue = 0;

  function fillAbout(verdict) {
    about.replaceChildren(...[
      slo.description, slo.owner ? `owner ${slo.owner}` : null, `${slo.kind} over ${duration(slo.window_seconds)}`,
      slo.runbook ? link(slo.runbook, 'runbook') : null,
    ].filter(Boolean).flatMap((part, index) => (index > 0 ? [' · ', part] : [part])));
    const {budget} = slo;
    setText(tiles.budget.value, percent(budget.remaining_ratio));
    const worst = budget.spent_worst_ratio !== null && budget.spent_worst_ratio > budget.spent_ratio + 0.0005 ? `, at worst ${percent(1 - budget.spent_worst_ratio)}` : '';
    setText(tiles.budget.note, budget.spent_ratio === null ? 'no events yet' : `${percent(budget.spent_ratio)} spent${worst}; ${budget.basis}`);
    gauge.style.width = `${Math.max(0, Math.min(1, budget.remaining_ratio ?? 0)) * 100}%`;
    setAttribute(gauge.parentNode, 'class', `bar ${budgetKind(budget.remaining_ratio)}`);
    setText(tiles.sli.value, percent(slo.sli_ratio, sliDigits(slo.objective_ratio)));
    setText(tiles.sli.note, `objective ${objective(slo.objective_ratio)}`);
    setText(tiles.events.value, `${shortCount(slo.bad)} bad`);
    setText(tiles.events.note, `of ${count(slo.total)}; ${budget.allowed_bad === null ? '–' : shortCount(budget.allowed_bad)} allowed`);
    setCell(tiles.deploys.value, verdict ? badge(verdictKind(verdict.verdict), verdict.verdict) : 'unknown');
    setText(tiles.deploys.note, `of features; this SLO: ${levelText(slo.level)}${verdict?.earliest_thaw ? `; thaws ${distance(verdict.earliest_thaw)} at the earliest` : ''}`);
    setText(tiles.coverage.value, percent(slo.coverage_ratio));
    setText(tiles.coverage.note, slo.evidence_age_seconds === null ? 'never read' : `read ${age(slo.evidence_age_seconds)}`);
    const {latency: p} = slo;
    tiles.latency.element.hidden = charts.latency.element.hidden = p === null;
    if (p) {
      setText(tiles.latency.element.firstChild, `p${Number((p.quantile * 100).toFixed(3))}`);
      setText(tiles.latency.value, latency(p.value_seconds));
      setText(tiles.latency.note, p.upper_seconds === null ? `at least ${latency(p.lower_seconds)}` : `${latency(p.lower_seconds)} to ${latency(p.upper_seconds)}${p.error_ratio === null ? '' : `, ±${percent(p.error_ratio, 0)}`}`);
    }
  }

  function burnOf(seconds) {
    return slo.burn_rates.find((burn) => burn.window_seconds === seconds)?.value ?? null;
  }

  function fillBurns() {
    keyed(burns.rows, slo.alert_rules, (rule) => `${rule.severity}${rule.long_window_seconds}`, () => burns.row(), (row, rule) => {
      const long = burnOf(rule.long_window_seconds);
      const short = burnOf(rule.short_window_seconds);
      const holds = long > rule.factor && short > rule.factor;
      const alert = slo.alerts.find((one) => one.severity === rule.severity);
      [rule.severity, `${times(long)} over ${duration(rule.long_window_seconds)}`,
       `${times(short)} over ${duration(rule.short_window_seconds)}`, times(rule.factor),
       holds ? badge('bad', `above${alert ? `, ${alert.state}` : ''}`) : badge('quiet', long > rule.factor || short > rule.factor ? 'one window above' : 'below'),
      ].forEach((content, index) => setCell(row.cells[index], content));
    });
    const wanted = slo.alert_rules.map((rule) => `${rule.severity}, ${duration(rule.long_window_seconds)} and ${duration(rule.short_window_seconds)}`);
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
    charts.burn.show({...frame, labels: windows.map(duration), rows: [...rows.values()].sort((a, b) => a[0] - b[0]),
                      lines: [{value: rule.factor, text: `${rule.severity} above ${times(rule.factor)}`, kind: 'bad'}]});
  }

  function drawSlices(slices) {
    const rows = (value) => slices.map((slice) => [new Date(slice.end), slice.coverage_ratio === null && slice.good + slice.bad === 0 ? null : value(slice)]);
    const allowed = slo.budget.allowed_bad;
    let spent = 0;
    const left = rows((slice) => {
      spent += slice.bad;
      return allowed > 0 ? 1 - spent / allowed : null;
    });
    const lowest = left.reduce((low, [, value]) => (value === null ? low : Math.min(low, value)), 0);
    charts.budget.show({...frame, labels: ['left'], rows: left, range: [Math.min(-0.03, lowest * 1.1), 1.08],
                        lines: [{value: 0, text: 'nothing left', kind: 'bad'}]});
    const shares = rows((slice) => (slice.good + slice.bad > 0 ? slice.good / (slice.good + slice.bad) : null));
    const low = shares.reduce((least, [, value]) => (value === null ? least : Math.min(least, value)), slo.objective_ratio);
    charts.sli.show({...frame, labels: ['SLI'], rows: shares, range: [Math.max(0, low - (1 - low) * 0.3), 1 + (1 - low) * 0.12],
                     lines: [{value: slo.objective_ratio, text: `objective ${objective(slo.objective_ratio)}`, kind: 'warn'}]});
    charts.bad.show({...frame, labels: ['bad'], rows: rows((slice) => slice.bad)});
    charts.total.show({...frame, labels: ['all'], rows: rows((slice) => slice.good + slice.bad)});
  }

  function drawLatency(found) {
    if (!slo.latency || found.length === 0) return;
    const rows = found[0].values.map(([at, value]) => [new Date(at * 1000), Number.isFinite(Number(value)) ? Number(value) : null]);
    const bound = [['lower_seconds', 'at least'], ['upper_seconds', 'at most']]
        .filter(([field]) => slo.latency[field] !== null && slo.latency[field] > 0)
        .map(([field, text]) => ({value: slo.latency[field], text: `${text} ${latency(slo.latency[field])}`, kind: 'muted'}));
    charts.latency.show({...frame, labels: [`p${slo.latency.quantile * 100}`], rows, lines: bound});
  }

  async function drawCharts() {
    const [{slices}, {episodes}, {changes}] = await Promise.all([
      ask(`${path}/history`), ask('api/v1/episodes', {service, slo: name}), ask('api/v1/verdicts', {service})]);
    if (slices.length === 0) return;
    const from = new Date(slices[0].begin);
    const to = new Date(slices.at(-1).end);
    const all = eventsOf(episodes, changes);
    const events = all.filter((event) => new Date(event.at) >= from);
    frame = {from, to, gaps: gapsOf(slices), marks: events.map((event) => ({at: new Date(event.at), symbol: event.symbol, kind: event.kind}))};
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

  return {
    title: id,
    async refresh() {
      const [one, freeze] = await Promise.all([ask(path), ask(`freeze/${encodeURIComponent(service)}`)]);
      slo = one;
      fillAbout(freeze);
      fillBurns();
      if (Date.now() < chartsDue) return;
      await drawCharts();
      chartsDue = Date.now() + (slo.window_seconds < 7200 ? 2000 : 20000);
    },
    close() {
      for (const chart of Object.values(charts)) chart.close();
    },
  };
}
