// The figures of one SLO: budget, SLI, events, deploys, coverage, latency.

import {budgetKind} from './overview.js';
import {badge, element, link, setAttribute, setCell, setText} from './dom.js';
import {
  age,
  count,
  distance,
  duration,
  latency,
  levelText,
  objective,
  percent,
  percentOfBad,
  shortCount,
  sliDigits,
  verdictKind,
} from './format.js';

const bases = {
  projected: ', projected from what was read so far',
  observed: ', of what was read so far',
};

/** A latency of an SLO. Above the last bound of a histogram it is only known that it was more. */
export function latencyText(reading, seconds) {
  const isOpen = reading?.upper_seconds === null && seconds >= reading.lower_seconds;
  return isOpen ? `≥ ${latency(seconds)}` : latency(seconds);
}

function tile(title) {
  const heading = element('h2', {}, title);
  const value = element('strong');
  const note = element('span', {class: 'note'});
  return {heading, value, note, element: element('div', {class: 'tile'}, heading, value, note)};
}

function budgetNote({budget, bad}) {
  if (budget.spent_ratio === null) return 'no events yet';
  const room = budget.allowed_bad - bad;
  const left =
    room < 0 ? `${shortCount(-room)} bad events too many` : `${shortCount(room)} more may be bad`;
  const isWorse = budget.spent_worst_ratio > budget.spent_ratio + 0.0005;
  const isBetter = budget.spent_least_ratio < budget.spent_ratio - 0.0005;
  const worst = isWorse ? `, at worst ${percent(1 - budget.spent_worst_ratio)}` : '';
  const best = isBetter ? `, at best ${percent(1 - budget.spent_least_ratio)}` : '';
  return left + worst + best;
}

function eventsNote({budget, total}) {
  if (budget.allowed_bad === null) return `of ${count(total)}; – allowed`;
  const basis = bases[budget.basis] ?? '';
  return `of ${count(total)}; ${shortCount(budget.allowed_bad)} allowed${basis}`;
}

function sliNote({objective_ratio: ratio, finding}) {
  return `objective ${objective(ratio)}${finding ? `. Wrong: ${finding}` : ''}`;
}

function latencyNote(reading) {
  const lower = latency(reading.lower_seconds);
  if (reading.upper_seconds === null) return `above the last bucket, ${lower}`;
  const error = reading.error_ratio;
  const bound = error === null ? '' : `, ±${percentOfBad(error, 0)}`;
  return `${lower} to ${latency(reading.upper_seconds)}${bound}`;
}

function deploysNote(service, slo, verdict) {
  const level = `features of ${service}. By this SLO: ${levelText(slo.level)}.`;
  const thaw = verdict?.earliest_thaw;
  return thaw ? `${level} Thaws ${distance(thaw)} at the earliest.` : level;
}

export class SloTiles {
  constructor(service) {
    this.service = service;
    this.about = element('p', {class: 'summary'});
    this.budget = tile('Budget left');
    this.sli = tile('SLI');
    this.events = tile('Events');
    this.deploys = tile('Deploys');
    this.coverage = tile('Coverage');
    this.latency = tile('Latency');
    this.gauge = element('span', {class: 'fill'});
    this.bar = element('span', {class: 'bar', 'aria-hidden': 'true'}, this.gauge);
    this.budget.element.append(this.bar);
    const {budget, sli, events, deploys, coverage} = this;
    this.element = element(
      'div',
      {class: 'tiles'},
      [budget, sli, events, deploys, coverage, this.latency].map((one) => one.element),
    );
  }

  /** `slo` and `verdict`: as slod answers. */
  fill(slo, verdict) {
    this.fillAbout(slo);
    this.fillBudget(slo);
    setText(this.sli.value, percent(slo.sli_ratio, sliDigits(slo.objective_ratio)));
    setText(this.sli.note, sliNote(slo));
    setText(this.events.value, `${shortCount(slo.bad)} bad`);
    setText(this.events.note, eventsNote(slo));
    const known = verdict ? badge(verdictKind(verdict.verdict), verdict.verdict) : 'unknown';
    setCell(this.deploys.value, known);
    setText(this.deploys.note, deploysNote(this.service, slo, verdict));
    setText(this.coverage.value, percent(slo.coverage_ratio));
    const read = slo.evidence_age_seconds;
    setText(this.coverage.note, read === null ? 'never read' : `read ${age(read)}`);
    this.fillLatency(slo.latency);
  }

  fillAbout(slo) {
    const parts = [
      slo.description,
      slo.owner ? `owner ${slo.owner}` : null,
      `${slo.kind} over ${duration(slo.window_seconds)}`,
      slo.runbook ? link(slo.runbook, 'runbook') : null,
    ].filter(Boolean);
    this.about.replaceChildren(
      ...parts.flatMap((part, index) => (index > 0 ? [' · ', part] : [part])),
    );
  }

  fillBudget(slo) {
    const remaining = slo.budget.remaining_ratio;
    setText(this.budget.value, percent(remaining));
    setText(this.budget.note, budgetNote(slo));
    this.gauge.style.width = `${Math.max(0, Math.min(1, remaining ?? 0)) * 100}%`;
    setAttribute(this.bar, 'class', `bar ${budgetKind(remaining)}`);
  }

  fillLatency(reading) {
    this.latency.element.hidden = reading === null;
    if (!reading) return;
    setText(this.latency.heading, `p${Number((reading.quantile * 100).toFixed(3))}`);
    setText(this.latency.value, latencyText(reading, reading.value_seconds));
    setText(this.latency.note, latencyNote(reading));
  }
}
