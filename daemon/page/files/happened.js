// What happened to an SLO: its alerts and the changes of the freeze level, for the marks of charts
// and the table below them.

import {duration, firingKind, levelKind, levelText, times} from './format.js';

const rate = ({burn_rate: burn, window_seconds: window, factor}) =>
  `${times(burn)} over ${duration(window)}, threshold ${times(factor)}`;

/** Why it fired: while it fires, what holds now; once it is over, the rates of now say nothing of
    that. */
function whyFired(episode) {
  if (episode.summary) return episode.summary;
  if (!episode.resolved_at) {
    return rate({
      burn_rate: episode.long_burn_rate,
      window_seconds: episode.long_window_seconds,
      factor: episode.factor,
    });
  }
  return episode.peak ? `at most ${rate(episode.peak)}` : 'how fast it burned is not known';
}

function fired(episode, name) {
  const kind = firingKind(episode.severity);
  return {at: episode.fired_at, kind, symbol: '▲', title: `${name} fired`, text: whyFired(episode)};
}

function resolved(episode, name) {
  const lasted = duration((new Date(episode.resolved_at) - new Date(episode.since)) / 1000);
  const peak = episode.peak ? `; at most ${rate(episode.peak)}` : '';
  const text = `after ${lasted}${peak}`;
  return {at: episode.resolved_at, kind: 'ok', symbol: '✓', title: `${name} resolved`, text};
}

function pending(episode, name) {
  const text = episode.summary ?? 'too few bad events to fire';
  return {at: episode.since, kind: 'warn', symbol: '△', title: `${name} pending`, text};
}

function ofEpisode(episode) {
  const name = [episode.severity, episode.alert].filter(Boolean).join(' ');
  return [
    episode.fired_at && fired(episode, name),
    episode.resolved_at && resolved(episode, name),
    episode.state === 'pending' && pending(episode, name),
  ]
    .filter(Boolean)
    .map((event) => ({...event, key: `${episode.key} ${event.symbol}`}));
}

function ofChange(change) {
  return {
    key: `${change.at} ${change.to}`,
    at: change.at,
    kind: levelKind(change.to),
    symbol: change.to === 'open' ? '○' : '■',
    title: `service: ${levelText(change.to)}`,
    text: change.reason,
  };
}

/** Newest first: {key, at, kind, symbol, title, text}. */
export function eventsOf(episodes, changes) {
  return [...episodes.flatMap(ofEpisode), ...changes.map(ofChange)].sort((a, b) =>
    a.at < b.at ? 1 : -1,
  );
}

/** For charts; what is worst last, since what is drawn later lies above. */
export function marksOf(events) {
  return events
    .toSorted((a, b) => (a.kind === 'bad') - (b.kind === 'bad'))
    .map(({at, symbol, kind}) => ({at: new Date(at), symbol, kind}));
}
