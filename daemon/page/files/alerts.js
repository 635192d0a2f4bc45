// What is firing, on budgets and by rules; the rules that fail; and what was before.

import {ask} from './ask.js';
import {badge, element, keyed, link, setCell, setText, sloHref, tableOf} from './dom.js';
import {duration, firingKind, levelKind, levelText, many, moment, times, when} from './format.js';

const shownMost = 200;

const sloLink = (service, slo) => element('a', {href: sloHref(service, slo)}, `${service}/${slo}`);
const isOfBudget = ({alertname, service, slo}) => alertname === 'SloBurnRate' && service && slo;

/** What an alert is about: its SLO, or its labels. */
function subject(given) {
  const {alertname, severity, service, slo, ...others} = given;
  if (isOfBudget(given)) return sloLink(service, slo);
  const labels = Object.entries({...(service ? {service} : {}), ...(slo ? {slo} : {}), ...others});
  return element('span', {}, element('strong', {}, alertname ?? ''),
                 labels.map(([name, value]) => element('span', {class: 'label'}, `${name}=${value}`)));
}

/** What wakes somebody comes first; the newest of these first. */
function byUrgency(a, b) {
  const rank = (alert) => (alert.state === 'firing' ? 0 : 2) + (firingKind(alert.labels.severity) === 'bad' ? 0 : 1);
  return rank(a) - rank(b) || (a.activeAt < b.activeAt ? 1 : -1);
}

const value = (text) => Number(Number(text).toPrecision(4)).toString();

/** The worst that a past alert was. */
function worst(episode) {
  if (episode.kind === 'rule') return value(episode.value);
  const {peak} = episode;
  if (!peak) return '–';
  return `${times(peak.burn_rate)} over ${duration(peak.window_seconds)}, threshold ${times(peak.factor)}`;
}

function text(alert) {
  const {summary, description, runbook, runbook_url: url} = alert.annotations;
  const target = url ?? runbook;
  return element('span', {}, summary ?? description ?? '', target ? [' ', link(target, 'runbook')] : []);
}

function section(title, table, nothing) {
  const none = element('p', {class: 'note'}, nothing);
  const whole = element('section', {}, element('h2', {}, title), table.element, none);
  return {whole, row: table.row, fill(items, key, build, fill) {
    table.element.hidden = items.length === 0;
    none.hidden = items.length > 0;
    keyed(table.rows, items, key, build, fill);
  }};
}

export function openAlerts(main) {
  const summary = element('p', {class: 'summary', role: 'status'});
  const active = section('Active', tableOf('Active alerts', ['State', 'Severity', 'What', 'Says', 'Since', '#Value']), 'Nothing is firing or pending.');
  const past = section('Past', tableOf('Past alerts', ['State', 'Severity', 'What', 'Began', 'Lasted', '#Burned at most, or value']), 'There were none.');
  const levels = section('Changes of the freeze level', tableOf('Changes of the freeze level', ['Time', 'Service', 'Level', 'Why']), 'There were none.');
  const rules = section('Rules', tableOf('Rules', ['Health', 'Rule', 'Group', 'State', 'Problem']), 'No rules are configured besides the burn rates of the SLOs.');
  main.append(element('div', {class: 'top'}, element('h1', {tabindex: '-1'}, 'Alerts'), summary),
              active.whole, past.whole, levels.whole, rules.whole);
  const more = element('p', {class: 'note'});
  active.whole.append(more);
  let rulesDue = 0;

  async function fillRules() {
    if (Date.now() < rulesDue) return;
    rulesDue = Date.now() + 30000;
    const answer = await ask('api/v1/rules', {exclude_alerts: 'true'});
    const own = answer.data.groups.filter((group) => group.file !== 'slos')
        .flatMap((group) => group.rules.map((rule, index) => ({...rule, group: group.name, key: `${group.file} ${group.name} ${index}`})));
    own.sort((a, b) => (a.health === 'err' ? 0 : 1) - (b.health === 'err' ? 0 : 1));
    rules.fill(own, (rule) => rule.key, rules.row, (row, rule) => {
      setCell(row.cells[0], rule.health === 'ok' ? badge('ok', 'ok') : rule.health === 'err' ? badge('bad', 'fails') : badge('unknown', 'not evaluated yet'));
      setCell(row.cells[1], rule.name);
      setCell(row.cells[2], rule.group);
      setCell(row.cells[3], rule.state ?? 'records');
      setCell(row.cells[4], rule.lastError ?? '');
    });
  }

  return {
    title: 'Alerts',
    async refresh() {
      const [{data}, {episodes}, {changes}] = await Promise.all([
        ask('api/v1/alerts'), ask('api/v1/episodes', {limit: String(shownMost)}), ask('api/v1/verdicts')]);
      const alerts = data.alerts.filter((alert) => alert.state !== 'inactive');
      alerts.sort(byUrgency);
      const firing = alerts.filter((alert) => alert.state === 'firing').length;
      setText(summary, alerts.length === 0 ? 'Nothing is firing.' : `${firing} firing · ${alerts.length - firing} pending`);
      setText(more, alerts.length > shownMost ? `The most urgent ${shownMost} of ${many(alerts.length, 'alert')}.` : '');
      active.fill(alerts.slice(0, shownMost), (alert) => JSON.stringify(alert.labels), active.row, (row, alert) => {
        setCell(row.cells[0], badge(alert.state === 'firing' ? firingKind(alert.labels.severity) : 'soon', alert.state));
        setCell(row.cells[1], alert.labels.severity ?? '');
        setCell(row.cells[2], subject(alert.labels));
        setCell(row.cells[3], text(alert));
        setCell(row.cells[4], moment(alert.activeAt));
        setCell(row.cells[5], isOfBudget(alert.labels) ? times(Number(alert.value)) : value(alert.value));
      });
      past.fill(episodes.filter((episode) => episode.resolved_at), (episode) => episode.key, past.row, (row, episode) => {
        setCell(row.cells[0], badge('ok', episode.state));
        setCell(row.cells[1], episode.severity);
        setCell(row.cells[2], episode.kind === 'rule' ? subject(episode.labels) : sloLink(episode.service, episode.slo));
        setCell(row.cells[3], when(episode.since));
        setCell(row.cells[4], duration((new Date(episode.resolved_at) - new Date(episode.since)) / 1000));
        setCell(row.cells[5], worst(episode));
      });
      levels.fill(changes, (change) => `${change.at} ${change.service}`, levels.row, (row, change) => {
        setCell(row.cells[0], when(change.at));
        setCell(row.cells[1], change.service);
        setCell(row.cells[2], badge(levelKind(change.to), levelText(change.to)));
        setCell(row.cells[3], change.reason);
      });
      await fillRules();
    },
  };
}
