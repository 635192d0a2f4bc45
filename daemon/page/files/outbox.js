// Which messages were sent to whom, and which still wait.

import {ask} from './ask.js';
import {TableSection, badge, element, setText, topOf} from './dom.js';
import {distance, together, when} from './format.js';

const kinds = {pending: 'warn', delivered: 'ok', rejected: 'bad'};
const shownMost = 200;

/** One that is due and was not sent waits for its turn, behind what its receiver did not take. */
function nextAttempt({state, next_attempt: at}) {
  if (state !== 'pending') return '';
  return new Date(at) < Date.now() - 1000 ? 'in its turn' : distance(at);
}

function problemOf(message) {
  return [nextAttempt(message), message.error].filter(Boolean).join(': ');
}

function contentOf(message) {
  const what = [message.severity, message.kind].filter(Boolean).join(' ');
  const text = ` ${together(message.summary ?? message.id)}`;
  return element('span', {}, element('strong', {}, what), text);
}

function summaryOf(messages) {
  if (messages.length === 0) return 'No message was sent yet.';
  const count = (state) => messages.filter((message) => message.state === state).length;
  const waiting = count('pending');
  const rejected = count('rejected');
  if (waiting + rejected === 0) return 'Everything was delivered.';
  return [waiting ? `${waiting} waiting` : null, rejected ? `${rejected} rejected` : null]
    .filter(Boolean)
    .join(' · ');
}

class OutboxView {
  constructor(main) {
    this.title = 'Outbox';
    this.summary = element('p', {class: 'summary', role: 'status'});
    this.messages = new TableSection({
      caption: 'Messages, newest first',
      columns: [
        ['State', (message) => badge(kinds[message.state] ?? 'quiet', message.state)],
        ['Receiver', (message) => message.receiver],
        ['Message', contentOf],
        ['Created', (message) => when(message.created)],
        ['#Attempts', (message) => String(message.attempts)],
        ['Next attempt or problem', problemOf],
      ],
      keyOf: (message) => message.id,
      nothing: 'No messages yet.',
    });
    const text = `The newest ${shownMost}, and the oldest that wait.`;
    this.older = element('p', {class: 'note'}, text);
    main.append(topOf('Outbox', this.summary), this.messages.element, this.older);
  }

  async refresh() {
    const {messages} = await ask('api/v1/outbox', {limit: String(shownMost)});
    setText(this.summary, summaryOf(messages));
    this.messages.fill(messages);
    this.older.hidden = messages.length < shownMost;
  }
}

export function openOutbox(main) {
  return new OutboxView(main);
}
