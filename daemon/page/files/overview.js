// Every SLO: what is left of its budget, how fast it burns, and what that means for deploys.

import {ask} from './ask.js';
import {
  badge,
  choiceOf,
  element,
  searchField,
  setAttribute,
  setBadge,
  setText,
  sloHref,
  topOf,
} from './dom.js';
import {
  duration,
  firingKind,
  levelKind,
  levelText,
  many,
  objective,
  percent,
  sliDigits,
  times,
  verdictKind,
} from './format.js';
import {cell, Rows} from './rows.js';

// What a person chose lasts while the page does.
const choice = {search: '', column: 'budget', descending: false, only: 'all'};

const alertRank = {firing: 0, pending: 1, none: 2};
const verdictRank = {deny: 0, inconclusive: 1, allow: 2};

const columns = [
  {name: 'slo', title: 'SLO', value: (item) => item.key},
  {name: 'objective', title: 'Objective', number: true, value: (item) => item.slo.objective_ratio},
  {name: 'sli', title: 'SLI', number: true, value: (item) => item.slo.sli_ratio},
  {name: 'budget', title: 'Budget left', value: (item) => item.slo.budget.remaining_ratio},
  {
    name: 'burn',
    title: 'Burn rate',
    number: true,
    descending: true,
    value: (item) => item.burn?.value,
  },
  {name: 'verdict', title: 'Deploys', value: (item) => verdictRank[item.verdict?.verdict] ?? 3},
  {
    name: 'alert',
    title: 'Alert',
    value: (item) =>
      alertRank[item.alert?.state ?? 'none'] * 10 + (item.alert?.severity === 'page' ? 0 : 1),
  },
  {name: 'coverage', title: 'Coverage', number: true, value: (item) => item.slo.coverage_ratio},
];
const exists = (value) => value !== null && value !== undefined;

/** Items by a column, in either direction; what has no value there comes last in both. */
function sorted(items, column, isDescending) {
  const sign = isDescending ? -1 : 1;
  return items
    .map((item) => [column.value(item), item])
    .sort(
      ([a, x], [b, y]) =>
        exists(b) - exists(a) || (a < b ? -sign : a > b ? sign : x.key < y.key ? -1 : 1),
    )
    .map(([, item]) => item);
}

const filters = {
  all: ['All SLOs', () => true],
  spent: [
    'Budget spent',
    (item) => item.slo.budget.remaining_ratio !== null && item.slo.budget.remaining_ratio <= 0,
  ],
  burning: ['Burning faster than allowed', (item) => (item.burn?.value ?? 0) > 1],
  denied: ['Features denied', (item) => item.verdict?.verdict === 'deny'],
  alerts: ['With alerts', (item) => item.slo.alerts.length > 0],
  blind: ['Without fresh evidence', (item) => item.isBlind],
  silent: ['Without events', (item) => item.slo.budget.remaining_ratio === null],
};

/** What the sentence at the top says of SLOs that a filter keeps. */
const sentences = {
  spent: (kept) => `${many(kept.length, 'budget')} spent`,
  burning: (kept) => `${kept.length} burning faster than allowed`,
  denied: (kept) =>
    `${many(new Set(kept.map((item) => item.slo.service)).size, 'service')} denied features`,
  alerts: (kept) => `${kept.length} with alerts`,
  blind: (kept) => `${kept.length} without fresh evidence`,
  silent: (kept) => `${kept.length} without events`,
};

/** The rate over the window that a page looks at: an hour of thirty days, or what comes nearest. */
function mainBurn(slo) {
  const wanted = slo.window_seconds / 720;
  let best = null;
  for (const burn of slo.burn_rates) {
    if (
      !best ||
      Math.abs(Math.log(burn.window_seconds / wanted)) <
        Math.abs(Math.log(best.window_seconds / wanted))
    )
      best = burn;
  }
  return best;
}

function worstAlert(slo) {
  return (
    slo.alerts.toSorted(
      (a, b) => alertRank[a.state] - alertRank[b.state] || (a.severity === 'page' ? -1 : 1),
    )[0] ?? null
  );
}

function itemOf(slo, verdicts) {
  const verdict = verdicts.get(slo.service) ?? null;
  const reason = verdict?.reasons.find(
    (one) => one.slo === slo.slo && !one.kind.startsWith('budget_'),
  );
  return {
    key: `${slo.service}/${slo.slo}`,
    slo,
    verdict,
    burn: mainBurn(slo),
    alert: worstAlert(slo),
    isBlind: Boolean(reason) || slo.evidence_age_seconds === null,
    words: `${slo.service}/${slo.slo} ${slo.owner} ${slo.kind} ${slo.description}`.toLowerCase(),
  };
}

function buildRow() {
  const row = {};
  row.service = element('span', {class: 'of-service'});
  row.name = element('span', {class: 'of-slo'});
  row.link = element('a', {class: 'slo-link'}, row.service, row.name);
  row.note = element('span', {class: 'note'});
  row.objective = element('span');
  row.sli = element('span');
  row.fill = element('span', {class: 'fill'});
  row.left = element('span', {class: 'left'});
  row.burn = element('span');
  row.burnOver = element('span', {class: 'note'});
  row.verdict = badge('quiet', '');
  row.alert = badge('quiet', '');
  row.coverage = element('span');
  row.element = element(
    'div',
    {role: 'row', class: 'row'},
    cell('slo', row.link, row.note),
    cell('objective number', row.objective),
    cell('sli number', row.sli),
    cell('budget', element('span', {class: 'bar', 'aria-hidden': 'true'}, row.fill), row.left),
    cell('burn number', row.burn, row.burnOver),
    cell('verdict', row.verdict),
    cell('alert', row.alert),
    cell('coverage number', row.coverage),
  );
  return row;
}

export function budgetKind(remaining) {
  if (remaining === null || remaining === undefined) return 'unknown';
  if (remaining <= 0) return 'bad';
  return remaining < 0.5 ? 'warn' : 'ok';
}

function fillRow(row, item) {
  const {slo} = item;
  setAttribute(row.link, 'href', sloHref(slo.service, slo.slo));
  // Its two parts are boxes, and would be read apart.
  setAttribute(row.link, 'aria-label', item.key);
  setText(row.service, slo.service);
  setText(row.name, `/${slo.slo}`);
  setAttribute(
    row.element,
    'title',
    item.key.length > 24 ? `${item.key}${slo.owner ? `, ${slo.owner}` : ''}` : null,
  );
  setText(
    row.note,
    `${slo.kind}, ${duration(slo.window_seconds)}${slo.owner ? `, ${slo.owner}` : ''}`,
  );
  setText(row.objective, objective(slo.objective_ratio));
  setText(row.sli, percent(slo.sli_ratio, sliDigits(slo.objective_ratio)));
  const remaining = slo.budget.remaining_ratio;
  row.fill.style.width = `${Math.max(0, Math.min(1, remaining ?? 0)) * 100}%`;
  setAttribute(row.fill.parentNode, 'class', `bar ${budgetKind(remaining)}`);
  setText(row.left, remaining === null ? 'no events' : percent(remaining));
  setText(row.burn, times(item.burn?.value));
  setText(row.burnOver, item.burn ? ` over ${duration(item.burn.window_seconds)}` : '');
  setAttribute(row.burn, 'class', (item.burn?.value ?? 0) > 1 ? 'strong' : null);
  fillVerdict(row.verdict, item);
  if (item.alert) {
    setBadge(
      row.alert,
      item.alert.state === 'firing' ? firingKind(item.alert.severity) : 'soon',
      `${item.alert.severity} ${item.alert.state}`,
    );
  } else {
    setBadge(row.alert, 'quiet', 'none');
  }
  setText(row.coverage, percent(slo.coverage_ratio));
  setAttribute(row.coverage, 'class', item.isBlind ? 'strong' : null);
}

function fillVerdict(node, item) {
  if (!item.verdict) return setBadge(node, 'quiet', '–');
  const {verdict} = item.verdict;
  if (verdict === 'deny')
    return setBadge(
      node,
      levelKind(item.slo.level) === 'ok' ? 'bad' : levelKind(item.slo.level),
      item.slo.level === 'open' ? 'deny (service)' : levelText(item.slo.level),
    );
  return setBadge(node, verdictKind(verdict), verdict);
}

/** The header of the table, whose cells sort by their column. */
function headersOf(onClick) {
  return new Map(
    columns.map(({name, title, number}) => {
      const button = element('button', {type: 'button', on: {click: () => onClick(name)}}, title);
      const kind = `cell ${name}${number ? ' number' : ''}`;
      return [name, element('div', {role: 'columnheader', class: kind}, button)];
    }),
  );
}

function tableWith(headers, group) {
  const row = element('div', {role: 'row', class: 'row', 'aria-rowindex': '1'}, [
    ...headers.values(),
  ]);
  const head = element('div', {role: 'rowgroup', class: 'head'}, row);
  const label = 'Service level objectives';
  return element('div', {role: 'table', 'aria-label': label, class: 'slos'}, head, group);
}

class Overview {
  constructor(main) {
    this.title = 'SLOs';
    this.pauseSeconds = 3;
    this.items = [];
    this.summary = element('p', {class: 'summary'});
    this.found = element('p', {class: 'found', role: 'status'});
    this.nothing = element('p', {class: 'note', hidden: true}, 'No SLO fits.');
    this.headers = headersOf((name) => this.sortBy(name));
    const titles = columns.map(({name, title}) => [name, title]);
    this.order = choiceOf('order', titles, (name) => this.sortBy(name));
    const group = element('div', {role: 'rowgroup', class: 'rows'});
    this.table = tableWith(this.headers, group);
    this.rows = new Rows(group, buildRow, fillRow);
    main.append(
      topOf('Service level objectives', this.summary),
      this.controls(),
      this.table,
      this.nothing,
    );
  }

  controls() {
    const search = searchField('name, owner, kind', choice.search, (text) => {
      choice.search = text;
      this.show();
    });
    const titles = Object.entries(filters).map(([name, [title]]) => [name, title]);
    const only = choiceOf('only', titles, (name) => {
      choice.only = name;
      this.show();
    });
    only.value = choice.only;
    const sort = element('label', {for: 'order'}, 'Sort by');
    return element(
      'div',
      {class: 'controls', role: 'search'},
      element('label', {for: 'search'}, 'Search'),
      search,
      element('label', {for: 'only'}, 'Show'),
      only,
      element('span', {class: 'narrow'}, sort, this.order),
      this.found,
    );
  }

  sortBy(name) {
    const column = columns.find((one) => one.name === name);
    choice.descending = choice.column === name ? !choice.descending : Boolean(column.descending);
    choice.column = name;
    this.show();
  }

  show() {
    const column = columns.find((one) => one.name === choice.column);
    const words = choice.search.toLowerCase().split(/\s+/).filter(Boolean);
    const keep = filters[choice.only][1];
    const kept = this.items.filter(
      (item) => keep(item) && words.every((word) => item.words.includes(word)),
    );
    const direction = choice.descending ? 'descending' : 'ascending';
    for (const [name, header] of this.headers) {
      setAttribute(header, 'aria-sort', name === choice.column ? direction : 'none');
    }
    this.order.value = choice.column;
    setAttribute(this.table, 'aria-rowcount', String(kept.length + 1));
    const all = many(this.items.length, 'SLO');
    setText(this.found, kept.length === this.items.length ? all : `${kept.length} of ${all}`);
    this.nothing.hidden = kept.length > 0;
    this.rows.show(sorted(kept, column, choice.descending));
  }

  summarise() {
    const parts = Object.entries(sentences)
      .map(([name, sentence]) => [this.items.filter(filters[name][1]), sentence])
      .filter(([kept]) => kept.length > 0)
      .map(([kept, sentence]) => sentence(kept));
    setText(this.summary, parts.length ? parts.join(' · ') : 'All within budget, nothing firing.');
  }

  async refresh(arrived) {
    const [{slos}, {services}] = await Promise.all([ask('api/v1/slos'), ask('freeze')]);
    const verdicts = new Map(services.map((verdict) => [verdict.service, verdict]));
    this.items = slos.map((slo) => itemOf(slo, verdicts));
    this.pauseSeconds = this.items.length > 300 ? 10 : 3;
    arrived();
    this.summarise();
    this.show();
  }

  close() {
    this.rows.close();
  }
}

export function openOverview(main) {
  return new Overview(main);
}
