// The burn rates of one SLO against the thresholds of its alert rules.

import {TableSection, badge} from './dom.js';
import {duration, firingKind, times} from './format.js';

/** The burn rate of an SLO over so many seconds as of its last answer, or null. */
export function burnOf(slo, seconds) {
  return slo.burn_rates.find((burn) => burn.window_seconds === seconds)?.value ?? null;
}

function stateOf(slo, rule, long, short) {
  const isLongAbove = long > rule.factor;
  const isShortAbove = short > rule.factor;
  if (isLongAbove && isShortAbove) {
    const alert = slo.alerts.find((one) => one.severity === rule.severity);
    return badge(firingKind(rule.severity), alert ? `above, ${alert.state}` : 'above');
  }
  return badge('quiet', isLongAbove || isShortAbove ? 'one window above' : 'below');
}

/** The section with a row for each alert rule; fill it with burnsOf. */
export function burnTable() {
  return new TableSection({
    title: 'Burn rates',
    caption: 'Burn rates against their thresholds',
    columns: [
      ['Alert', ({rule}) => rule.severity],
      [
        '#Long window',
        ({rule, long}) => `${times(long)} over ${duration(rule.long_window_seconds)}`,
      ],
      [
        '#Short window',
        ({rule, short}) => `${times(short)} over ${duration(rule.short_window_seconds)}`,
      ],
      ['#Threshold', ({rule}) => times(rule.factor)],
      ['State', ({slo, rule, long, short}) => stateOf(slo, rule, long, short)],
    ],
    keyOf: ({rule}) => `${rule.severity} ${rule.long_window_seconds} ${rule.factor}`,
    nothing: 'No alert rule looks at this SLO.',
  });
}

/** What the table shows of an SLO. */
export function burnsOf(slo) {
  return slo.alert_rules.map((rule) => ({
    slo,
    rule,
    long: burnOf(slo, rule.long_window_seconds),
    short: burnOf(slo, rule.short_window_seconds),
  }));
}
