// What is firing, on budgets and by rules; the rules that fail; and what was before.

import {ask} from './ask.js';
import {TableSection, badge, element, link, setText, sloHref, topOf} from './dom.js';
import {duration, firingKind, levelKind, levelText, many, moment, times, when} from './format.js';

const shownMost = 200;

const sloLink = (service, slo) => element('a', {href: sloHref(service, slo)}, `${service}/${slo}`);
const isOfBudget = ({alertname, service, slo}) => alertname === 'SloBurnRate' && service && slo;

/** What an alert is about: its SLO, or its labels. */
function subject(given) {
  const {alertname, service, slo, ...others} = given;
  delete others.severity; // has a column of its own
  if (isOfBudget(given)) return sloLink(service, slo);
  const labels = Object.entries({...(service ? {service} : {}), ...(slo ? {slo} : {}), ...others});
  return element(
    'span',
    {},
    element('strong', {}, alertname ?? ''),
    labels.map(([name, value]) => element('span', {class: 'label'}, `${name}=${value}`)),
  );
}

/** What wakes somebody comes first; the newest of these first. */
function byUrgency(a, b) {
  const rank = (alert) =>
    (alert.state === 'firing' ? 0 : 2) + (firingKind(alert.labels.severity) === 'bad' ? 0 : 1);
  return rank(a) - rank(b) || (a.activeAt < b.activeAt ? 1 : -1);
}

const value = (digits) => Number(Number(digits).toPrecision(4)).toString();

/** The worst that a past alert was. */
function worst(episode) {
  if (episode.kind === 'rule') return value(episode.value);
  const {peak} = episode;
  if (!peak) return '–';
  const over = duration(peak.window_seconds);
  return `${times(peak.burn_rate)} over ${over}, threshold ${times(peak.factor)}`;
}

function text(alert) {
  const {summary, description, runbook, runbook_url: url} = alert.annotations;
  const target = url ?? runbook;
  return element(
    'span',
    {},
    summary ?? description ?? '',
    target ? [' ', link(target, 'runbook')] : [],
  );
}

function activeTable() {
  const kindOf = (alert) => (alert.state === 'firing' ? firingKind(alert.labels.severity) : 'soon');
  const valueOf = (alert) =>
    isOfBudget(alert.labels) ? times(Number(alert.value)) : value(alert.value);
  return new TableSection({
    title: 'Active',
    caption: 'Active alerts',
    columns: [
      ['State', (alert) => badge(kindOf(alert), alert.state)],
      ['Severity', (alert) => alert.labels.severity ?? ''],
      ['What', (alert) => subject(alert.labels)],
      ['Says', text],
      ['Since', (alert) => moment(alert.activeAt)],
      ['#Value', valueOf],
    ],
    keyOf: (alert) => JSON.stringify(alert.labels),
    nothing: 'Nothing is firing or pending.',
  });
}

function pastTable() {
  const subjectOf = (episode) =>
    episode.kind === 'rule' ? subject(episode.labels) : sloLink(episode.service, episode.slo);
  const lasted = ({since, resolved_at: until}) =>
    duration((new Date(until) - new Date(since)) / 1000);
  return new TableSection({
    title: 'Past',
    caption: 'Past alerts',
    columns: [
      ['State', (episode) => badge('ok', episode.state)],
      ['Severity', (episode) => episode.severity],
      ['What', subjectOf],
      ['Began', (episode) => when(episode.since)],
      ['Lasted', lasted],
      ['#Burned at most, or value', worst],
    ],
    keyOf: (episode) => episode.key,
    nothing: 'There were none.',
  });
}

function levelsTable() {
  return new TableSection({
    title: 'Changes of the freeze level',
    columns: [
      ['Time', (change) => when(change.at)],
      ['Service', (change) => change.service],
      ['Level', (change) => badge(levelKind(change.to), levelText(change.to))],
      ['Why', (change) => change.reason],
    ],
    keyOf: (change) => `${change.at} ${change.service}`,
    nothing: 'There were none.',
  });
}

const healths = {ok: ['ok', 'ok'], err: ['bad', 'fails']};

function rulesTable() {
  return new TableSection({
    title: 'Rules',
    columns: [
      ['Health', (rule) => badge(...(healths[rule.health] ?? ['unknown', 'not evaluated yet']))],
      ['Rule', (rule) => rule.name],
      ['Group', (rule) => rule.group],
      ['State', (rule) => rule.state ?? 'records'],
      ['Problem', (rule) => rule.lastError ?? ''],
    ],
    keyOf: (rule) => rule.key,
    nothing: 'No rules are configured besides the burn rates of the SLOs.',
  });
}

/** The rules of rule files, those that fail first. Those of SLOs are shown with their SLO. */
function rulesOf(groups) {
  const rules = groups
    .filter((group) => group.file !== 'slos')
    .flatMap(({file, name: group, rules: own}) =>
      own.map((rule, index) => ({...rule, group, key: `${file} ${group} ${index}`})),
    );
  return rules.sort((a, b) => (b.health === 'err') - (a.health === 'err'));
}

class AlertsView {
  constructor(main) {
    this.title = 'Alerts';
    this.rulesDue = 0; // milliseconds since 1970
    this.summary = element('p', {class: 'summary', role: 'status'});
    this.more = element('p', {class: 'note'});
    this.active = activeTable();
    this.past = pastTable();
    this.levels = levelsTable();
    this.rules = rulesTable();
    this.active.element.append(this.more);
    const sections = [this.active, this.past, this.levels, this.rules];
    main.append(topOf('Alerts', this.summary), ...sections.map((section) => section.element));
  }

  async refresh() {
    const [{data}, {episodes}, {changes}] = await Promise.all([
      ask('api/v1/alerts'),
      ask('api/v1/episodes', {limit: String(shownMost)}),
      ask('api/v1/verdicts'),
    ]);
    this.fillActive(data.alerts.filter((alert) => alert.state !== 'inactive'));
    this.past.fill(episodes.filter((episode) => episode.resolved_at));
    this.levels.fill(changes);
    await this.fillRules();
  }

  fillActive(alerts) {
    alerts.sort(byUrgency);
    const firing = alerts.filter((alert) => alert.state === 'firing').length;
    const counts = `${firing} firing · ${alerts.length - firing} pending`;
    setText(this.summary, alerts.length === 0 ? 'Nothing is firing.' : counts);
    const most = `The most urgent ${shownMost} of ${many(alerts.length, 'alert')}.`;
    setText(this.more, alerts.length > shownMost ? most : '');
    this.active.fill(alerts.slice(0, shownMost));
  }

  async fillRules() {
    if (Date.now() < this.rulesDue) return;
    this.rulesDue = Date.now() + 30000;
    const {data} = await ask('api/v1/rules', {exclude_alerts: 'true'});
    this.rules.fill(rulesOf(data.groups));
  }
}

export function openAlerts(main) {
  return new AlertsView(main);
}
