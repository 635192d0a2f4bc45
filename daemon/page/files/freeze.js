// What may be deployed now, service by service, and why.

import {ask} from './ask.js';
import {badge, element, facts, keyed, setAttribute, setBadge, setText, sloHref} from './dom.js';
import {age, count, levelKind, levelText, many, moment, percent, percentOfBad,
        shortCount, together, verdictKind} from './format.js';

const changes = ['feature', 'fix', 'hotfix'];
const shownMost = 200;
const rank = {deny: 0, inconclusive: 1, allow: 2};
const choice = {search: ''};

function buildReason() {
  const one = {message: element('p', {class: 'message'}), evidence: element('span'), link: element('a')};
  one.element = element('li', {}, one.message, element('p', {class: 'note'}, one.link, one.evidence));
  return one;
}

function fillReason(one, reason, service) {
  setText(one.message, together(reason.message));
  one.link.hidden = !reason.slo;
  setText(one.link, `${service}/${reason.slo}`);
  setAttribute(one.link, 'href', sloHref(service, reason.slo ?? ''));
  const parts = [];
  if (reason.total !== null && reason.total !== undefined) {
    parts.push(`${count(reason.bad)} bad of ${count(reason.total)}, ${shortCount(reason.allowed_bad)} allowed`);
  }
  if (reason.spent_worst_ratio > reason.spent_ratio) parts.push(`at worst ${percentOfBad(reason.spent_worst_ratio)} spent`);
  if (reason.coverage_ratio !== null && reason.coverage_ratio !== undefined) parts.push(`coverage ${percent(reason.coverage_ratio)}`);
  if (reason.evidence_age_seconds !== null && reason.evidence_age_seconds !== undefined) parts.push(`read ${age(reason.evidence_age_seconds)}`);
  setText(one.evidence, (reason.slo ? ['', ...parts] : parts).join(' · '));
}

function buildCard(item) {
  const card = {
    level: badge('quiet', ''), verdicts: changes.map((change) => badge('quiet', change)),
    since: element('span'), thaw: element('span'), reasons: element('ul', {class: 'reasons'}),
  };
  card.thawRow = element('span');
  card.facts = facts([['Since', card.since], ['Earliest thaw', card.thaw]]);
  card.element = element('article', {class: 'card'},
      element('header', {}, element('h2', {}, item.service), card.level),
      element('ul', {class: 'verdicts', 'aria-label': `Deploys of ${item.service}`}, card.verdicts.map((one) => element('li', {}, one))),
      card.facts, card.reasons);
  return card;
}

function fillCard(card, item) {
  const [feature] = item.verdicts;
  setAttribute(card.element, 'class', feature.frozen || feature.verdict !== 'allow' ? 'card' : 'card calm');
  // An open level is no promise while nothing is known.
  setBadge(card.level, feature.verdict === 'inconclusive' ? 'unknown' : levelKind(feature.level), levelText(feature.level));
  item.verdicts.forEach((verdict, index) => setBadge(card.verdicts[index], verdictKind(verdict.verdict), `${changes[index]}: ${verdict.verdict}`));
  setText(card.since, moment(feature.since));
  const thaw = feature.earliest_thaw ? moment(feature.earliest_thaw).replace(/, (.*)$/, ', $1 if nothing bad happens')
      : feature.verdict === 'allow' && !feature.frozen ? 'not frozen' : 'not known';
  setText(card.thaw, thaw);
  keyed(card.reasons, feature.reasons, (reason) => `${reason.slo}/${reason.kind}`, buildReason, (one, reason) => fillReason(one, reason, item.service));
}

export function openFreeze(main) {
  let items = [];
  const summary = element('p', {class: 'summary'});
  const found = element('p', {class: 'found', role: 'status'});
  const search = element('input', {type: 'search', id: 'search', placeholder: 'service', autocomplete: 'off', spellcheck: 'false',
                                   on: {input: () => { choice.search = search.value; show(); }}});
  search.value = choice.search;
  const cards = element('div', {class: 'cards'});
  main.append(element('div', {class: 'top'}, element('h1', {tabindex: '-1'}, 'Deploy freeze'), summary),
              element('div', {class: 'controls', role: 'search'}, element('label', {for: 'search'}, 'Search'), search, found), cards);

  function show() {
    const word = choice.search.toLowerCase();
    const wanted = items.filter((item) => item.service.toLowerCase().includes(word));
    keyed(cards, wanted.slice(0, shownMost), (item) => item.service, buildCard, fillCard);
    setText(found, wanted.length > shownMost ? `the first ${shownMost} of ${many(wanted.length, 'service')}` : many(wanted.length, 'service'));
  }

  const view = {
    title: 'Freeze',
    async refresh() {
      const answers = await Promise.all(changes.map((change) => ask('freeze', {change})));
      items = answers[0].services.map((verdict, index) => ({
        service: verdict.service, verdicts: answers.map((answer) => answer.services[index]).filter(Boolean)}));
      items.sort((a, b) => rank[a.verdicts[0].verdict] - rank[b.verdicts[0].verdict] || (a.service < b.service ? -1 : 1));
      const denied = items.filter((item) => item.verdicts[0].verdict === 'deny').length;
      const unsure = items.filter((item) => item.verdicts[0].verdict === 'inconclusive').length;
      setText(summary, denied + unsure === 0 ? 'All services may deploy.' : [
        denied ? `${denied} of ${many(items.length, 'service')} may not deploy features` : null, unsure ? `${unsure} inconclusive` : null].filter(Boolean).join(' · '));
      view.pauseSeconds = items.length > 300 ? 10 : 3;
      show();
    },
  };
  return view;
}
