// What may be deployed now, service by service, and why.

import {ask} from './ask.js';
import {
  badge,
  element,
  facts,
  keyed,
  searchField,
  setAttribute,
  setBadge,
  setText,
  sloHref,
  topOf,
} from './dom.js';
import {
  age,
  count,
  levelKind,
  levelText,
  many,
  moment,
  percent,
  percentOfBad,
  shortCount,
  together,
  verdictKind,
} from './format.js';

const changes = ['feature', 'fix', 'hotfix'];
const shownMost = 200;
const rank = {deny: 0, inconclusive: 1, allow: 2};
const choice = {search: ''};

function buildReason() {
  const one = {
    message: element('p', {class: 'message'}),
    evidence: element('span'),
    link: element('a'),
  };
  one.element = element(
    'li',
    {},
    one.message,
    element('p', {class: 'note'}, one.link, one.evidence),
  );
  return one;
}

function fillReason(one, reason, service) {
  setText(one.message, together(reason.message));
  one.link.hidden = !reason.slo;
  setText(one.link, `${service}/${reason.slo}`);
  setAttribute(one.link, 'href', sloHref(service, reason.slo ?? ''));
  const parts = [];
  if (reason.total !== null && reason.total !== undefined) {
    const allowed = shortCount(reason.allowed_bad);
    parts.push(`${count(reason.bad)} bad of ${count(reason.total)}, ${allowed} allowed`);
  }
  if (reason.spent_worst_ratio > reason.spent_ratio)
    parts.push(`at worst ${percentOfBad(reason.spent_worst_ratio)} spent`);
  if (reason.coverage_ratio !== null && reason.coverage_ratio !== undefined)
    parts.push(`coverage ${percent(reason.coverage_ratio)}`);
  if (reason.evidence_age_seconds !== null && reason.evidence_age_seconds !== undefined)
    parts.push(`read ${age(reason.evidence_age_seconds)}`);
  setText(one.evidence, (reason.slo ? ['', ...parts] : parts).join(' · '));
}

function buildCard(item) {
  const card = {
    level: badge('quiet', ''),
    verdicts: changes.map((change) => badge('quiet', change)),
    since: element('span'),
    thaw: element('span'),
    reasons: element('ul', {class: 'reasons'}),
  };
  card.thawRow = element('span');
  card.facts = facts([
    ['Since', card.since],
    ['Earliest thaw', card.thaw],
  ]);
  card.element = element(
    'article',
    {class: 'card'},
    element('header', {}, element('h2', {}, item.service), card.level),
    element(
      'ul',
      {class: 'verdicts', 'aria-label': `Deploys of ${item.service}`},
      card.verdicts.map((one) => element('li', {}, one)),
    ),
    card.facts,
    card.reasons,
  );
  return card;
}

function fillCard(card, item) {
  const [feature] = item.verdicts;
  setAttribute(
    card.element,
    'class',
    feature.frozen || feature.verdict !== 'allow' ? 'card' : 'card calm',
  );
  // An open level is no promise while nothing is known.
  setBadge(
    card.level,
    feature.verdict === 'inconclusive' ? 'unknown' : levelKind(feature.level),
    levelText(feature.level),
  );
  item.verdicts.forEach((verdict, index) =>
    setBadge(
      card.verdicts[index],
      verdictKind(verdict.verdict),
      `${changes[index]}: ${verdict.verdict}`,
    ),
  );
  setText(card.since, moment(feature.since));
  const thaw = feature.earliest_thaw
    ? moment(feature.earliest_thaw).replace(/, (.*)$/, ', $1 if nothing bad happens')
    : feature.verdict === 'allow' && !feature.frozen
      ? 'not frozen'
      : 'not known';
  setText(card.thaw, thaw);
  keyed(
    card.reasons,
    feature.reasons,
    (reason) => `${reason.slo}/${reason.kind}`,
    buildReason,
    (one, reason) => fillReason(one, reason, item.service),
  );
}

/** An item for each service, those that may not deploy first. `answers`: one for each change. */
function itemsOf(answers) {
  const items = answers[0].services.map(({service}, index) => ({
    service,
    verdicts: answers.map((answer) => answer.services[index]).filter(Boolean),
  }));
  const rankOf = (item) => rank[item.verdicts[0].verdict];
  return items.sort((a, b) => rankOf(a) - rankOf(b) || (a.service < b.service ? -1 : 1));
}

function summaryOf(items) {
  const countOf = (verdict) => items.filter((item) => item.verdicts[0].verdict === verdict).length;
  const denied = countOf('deny');
  const unsure = countOf('inconclusive');
  if (denied + unsure === 0) return 'All services may deploy.';
  const refused = `${denied} of ${many(items.length, 'service')} may not deploy features`;
  return [denied ? refused : null, unsure ? `${unsure} inconclusive` : null]
    .filter(Boolean)
    .join(' · ');
}

class FreezeView {
  constructor(main) {
    this.title = 'Freeze';
    this.pauseSeconds = 3;
    this.items = [];
    this.summary = element('p', {class: 'summary'});
    this.found = element('p', {class: 'found', role: 'status'});
    this.cards = element('div', {class: 'cards'});
    const label = element('label', {for: 'search'}, 'Search');
    const search = searchField('service', choice.search, (text) => {
      choice.search = text;
      this.show();
    });
    main.append(
      topOf('Deploy freeze', this.summary),
      element('div', {class: 'controls', role: 'search'}, label, search, this.found),
      this.cards,
    );
  }

  show() {
    const word = choice.search.toLowerCase();
    const wanted = this.items.filter((item) => item.service.toLowerCase().includes(word));
    keyed(this.cards, wanted.slice(0, shownMost), (item) => item.service, buildCard, fillCard);
    const all = many(wanted.length, 'service');
    setText(this.found, wanted.length > shownMost ? `the first ${shownMost} of ${all}` : all);
  }

  async refresh() {
    this.items = itemsOf(await Promise.all(changes.map((change) => ask('freeze', {change}))));
    this.pauseSeconds = this.items.length > 300 ? 10 : 3;
    setText(this.summary, summaryOf(this.items));
    this.show();
  }
}

export function openFreeze(main) {
  return new FreezeView(main);
}
