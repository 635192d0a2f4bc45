// What happened to an SLO: its alerts and the changes of the freeze level, for the marks of charts
// and the table below them.

import {duration, firingKind, levelKind, levelText, times} from './format.js';

const rate = ({burn_rate: burn, window_seconds: window, factor}) => (
  `${times(burn)} over ${duration(window)}, threshold ${times(factor)}`);

function ofEpisode(episode) {
  const name = [episode.severity, episode.alert].filter(Boolean).join(' ');
  const lasted = duration((new Date(episode.resolved_at) - new Date(episode.since)) / 1000);
  const peak = episode.peak ? `; at most ${rate(episode.peak)}` : '';
  // While it fires, what holds now; once it is over, the rates of now say nothing of why it fired.
  const now = {burn_rate: episode.long_burn_rate, window_seconds: episode.long_window_seconds, factor: episode.factor};
  const why = episode.summary ?? (!episode.resolved_at ? rate(now) : episode.peak ? `at most ${rate(episode.peak)}` : 'how fast it burned is not known');
  return [
    episode.fired_at && {at: episode.fired_at, kind: firingKind(episode.severity), symbol: '▲', title: `${name} fired`, text: why},
    episode.resolved_at && {at: episode.resolved_at, kind: 'ok', symbol: '✓', title: `${name} resolved`, text: `after ${lasted}${peak}`},
    episode.state === 'pending' && {at: episode.since, kind: 'warn', symbol: '△', title: `${name} pending`,
                                    text: episode.summary ?? 'too few bad events to fire'},
  ].filter(Boolean).map((event) => ({...event, key: `${episode.key} ${event.symbol}`}));
}

function ofChange(change) {
  return {key: `${change.at} ${change.to}`, at: change.at, kind: levelKind(change.to), symbol: change.to === 'open' ? '○' : '■',
          title: `service: ${levelText(change.to)}`, text: change.reason};
}

/** Newest first: {key, at, kind, symbol, title, text}. */
export function eventsOf(episodes, changes) {
  return [...episodes.flatMap(ofEpisode), ...changes.map(ofChange)].sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** For charts; what is worst last, since what is drawn later lies above. */
export function marksOf(events) {
  return events.toSorted((a, b) => (a.kind === 'bad') - (b.kind === 'bad'))
      .map(({at, symbol, kind}) => ({at: new Date(at), symbol, kind}));
}
