// Which view is shown, and keeping it live: each view is asked to refresh itself every few seconds,
// but not while it is hidden.

import {element, setAttribute, setText} from './dom.js';
import {when, zone} from './format.js';
import {Refusal} from './ask.js';
import {openAlerts} from './alerts.js';
import {openFreeze} from './freeze.js';
import {openOutbox} from './outbox.js';
import {openOverview} from './overview.js';
import {openSlo} from './slo.js';

const views = [
  {pattern: /^#\/$/, nav: '#/', open: openOverview},
  {pattern: /^#\/slo\/([^/]+)\/([^/]+)$/, nav: '#/', open: openSlo},
  {pattern: /^#\/freeze$/, nav: '#/freeze', open: openFreeze},
  {pattern: /^#\/alerts$/, nav: '#/alerts', open: openAlerts},
  {pattern: /^#\/outbox$/, nav: '#/outbox', open: openOutbox},
];

const main = document.getElementById('main');
const live = document.getElementById('live');
const liveText = document.getElementById('live-text');
const trouble = document.getElementById('trouble');

let current = null;
let timer = null;
let read = null; // when what the current view shows was read; null before the first time

function hash() {
  return location.hash.startsWith('#/') ? location.hash : '#/';
}

/** A name within a hash; a hash that somebody mistyped is no reason to show nothing. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function find() {
  for (const view of views) {
    const match = view.pattern.exec(hash());
    if (match) return {view, names: match.slice(1).map(decoded)};
  }
  return {view: views[0], names: []};
}

function show() {
  current?.close?.();
  clearTimeout(timer);
  const {view, names} = find();
  main.replaceChildren();
  current = view.open(main, ...names);
  main.querySelector('.top').after(element('p', {class: 'waiting'}, 'Waiting for slod …'));
  main.classList.add('unread'); // what a view shows before it has read anything is not true
  read = null;
  setAttribute(live, 'class', 'live waits');
  setText(liveText, 'loading');
  document.title = `${current.title} · slod`;
  for (const anchor of document.querySelectorAll('nav a')) {
    setAttribute(anchor, 'aria-current', anchor.getAttribute('href') === view.nav ? 'page' : null);
  }
  refresh();
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return; // visibilitychange goes on
  const asked = current;
  const arrived = () => {
    if (asked !== current) return;
    read = new Date();
    main.classList.remove('unread');
    main.querySelector('.waiting')?.remove();
  };
  let problem = null;
  try {
    await asked.refresh(arrived);
    arrived();
  } catch (thrown) {
    problem = thrown;
  }
  if (asked !== current) return; // another view says how it is
  say(problem);
  clearTimeout(timer);
  timer = setTimeout(refresh, 1000 * (current.pauseSeconds ?? 3));
}

function say(problem) {
  setAttribute(live, 'class', problem ? 'live lost' : 'live');
  setText(liveText, problem ? 'not live' : `live, ${when(read)}`);
  trouble.hidden = problem === null;
  const known = read ? ` What is shown is from ${when(read)}.` : '';
  const why =
    problem instanceof Refusal ? problem.message : `slod does not answer: ${problem?.message}`;
  setText(trouble, problem ? `${why}.${known}` : '');
  main.querySelector('.waiting')?.toggleAttribute('hidden', problem instanceof Refusal);
}

window.addEventListener('hashchange', () => {
  if (location.hash === '#main') return;
  show();
  window.scrollTo(0, 0);
  (main.querySelector('h1') ?? main).focus({preventScroll: true});
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh();
});
setText(document.getElementById('zone'), `Times are in ${zone()}.`);
show();
