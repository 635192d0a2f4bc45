// How numbers and times are written. What does not exist is a dash, never 0. Units stand behind a
// space that does not break.

const none = '–';
const space = '\u00a0';
const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const compact = new Intl.NumberFormat('en', {notation: 'compact', maximumSignificantDigits: 3});
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const exists = (value) => value !== null && value !== undefined && Number.isFinite(value);

/** 0.9991 -> "99.9 %", -15.66667 -> "−1566.7 %". Rounded down, also below zero: never better than
    it is, so that only what is whole is written as 100 %. */
export function percent(ratio, digits = 1) {
  return rounded(ratio, digits, Math.floor, 1e-6);
}

/** The same of what is better the less it is: 0.0001 -> "0.1 %". Rounded up. */
export function percentOfBad(ratio, digits = 1) {
  return rounded(ratio, digits, Math.ceil, -1e-6);
}

/** `slack`: what arithmetic in binary may have lost. */
function rounded(ratio, digits, round, slack) {
  if (!exists(ratio)) return none;
  const scale = 10 ** digits;
  const shown = round(ratio * 100 * scale + slack) / scale;
  return `${shown.toFixed(digits).replace('-', '−')}${space}%`;
}

/** As many digits as the objective has, and two more: 99.9 % -> 3. */
export function sliDigits(target) {
  return Math.min(6, Math.max(2, Math.ceil(-Math.log10(1 - target) - 1e-9)));
}

/** A text of slod's in which a number and its per cent stay on one line. */
export const together = (text) => text.replace(/(\d) %/g, `$1${space}%`);

/** An objective as it was written: 99.9 %, not 99.900 %. */
export function objective(ratio) {
  return exists(ratio) ? `${Number((ratio * 100).toFixed(6))}${space}%` : none;
}

export function count(number) {
  return exists(number) ? whole.format(number) : none;
}

export function shortCount(number) {
  if (!exists(number)) return none;
  if (Math.abs(number) < 10 && !Number.isInteger(number))
    return String(Number(number.toPrecision(2)));
  return Math.abs(number) < 10000 ? whole.format(number) : compact.format(number);
}

/** A burn rate: "14.4×". */
export function times(rate) {
  if (!exists(rate)) return none;
  const digits = rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
  return `${rate.toFixed(digits)}×`;
}

const units = [
  ['d', 86400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/** 5400 -> "1h30m", as in the configuration; at most two units. */
export function duration(seconds) {
  if (!exists(seconds)) return none;
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  let rest = Math.round(seconds);
  let text = '';
  let used = 0;
  for (const [unit, length] of units) {
    const number = Math.floor(rest / length);
    if (used > 0) used += 1;
    if (number > 0) {
      text += `${number}${unit}`;
      used = Math.max(used, 1);
    }
    rest -= number * length;
    if (used >= 2) break;
  }
  return text;
}

/** The age of what was read. */
export function age(seconds) {
  return seconds < 1 ? 'just now' : `${duration(Math.round(seconds))} ago`;
}

/** A latency: "412 ms", "1.24 s". */
export function latency(seconds) {
  if (!exists(seconds)) return none;
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(3))}${space}ms`;
  return `${Number(seconds.toPrecision(3))}${space}s`;
}

/** A time: of today by the clock, else with its day. */
export function when(text, now = new Date()) {
  if (!text) return none;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return none;
  return at.toDateString() === now.toDateString() ? clock.format(at) : day.format(at);
}

/** The zone of the times that `when` writes: "Europe/Paris (GMT+1)", "UTC". */
export function zone(now = new Date()) {
  const format = new Intl.DateTimeFormat('en', {timeZoneName: 'shortOffset'});
  const offset = format.formatToParts(now).find((part) => part.type === 'timeZoneName').value;
  const {timeZone} = format.resolvedOptions();
  return timeZone === 'UTC' ? timeZone : `${timeZone} (${offset})`;
}

/** How long ago, or in how long: "3m ago", "in 2h". */
export function distance(text, now = new Date()) {
  if (!text) return none;
  const seconds = (new Date(text).getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}

/** "12:03:11, 3m ago" */
export function moment(text) {
  return text ? `${when(text)}, ${distance(text)}` : none;
}

/** "1 SLO", "2 SLOs" */
export function many(number, one, several = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : several}`;
}

/** How urgent a firing alert looks: red, unless its severity says that it can wait. */
export function firingKind(severity) {
  return calm.has(severity) ? 'warn' : 'bad';
}
const calm = new Set(['ticket', 'warning', 'warn', 'info', 'notice', 'low', 'none']);

const levels = {open: 'open', feature_freeze: 'feature freeze', hotfix_only: 'hotfixes only'};
export const levelText = (level) => levels[level] ?? level;
export const levelKind = (level) =>
  ({open: 'ok', feature_freeze: 'warn', hotfix_only: 'bad'})[level] ?? 'unknown';
export const verdictKind = (verdict) =>
  ({allow: 'ok', deny: 'bad', inconclusive: 'unknown'})[verdict] ?? 'unknown';

const lengths = {w: 604800, d: 86400, h: 3600, m: 60, s: 1, ms: 0.001};

/** "1h30m" -> 5400; null where it is no duration. */
export function secondsOf(text) {
  let seconds = 0;
  let length = 0;
  for (const [part, number, unit] of text.matchAll(/(\d+)(ms|[wdhms])/g)) {
    seconds += Number(number) * lengths[unit];
    length += part.length;
  }
  return length > 0 && length === text.length ? seconds : null;
}
