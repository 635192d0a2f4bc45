// Who was told what, and who still waits to be told.

import {ask} from './ask.js';
import {badge, element, keyed, setCell, setText, tableOf} from './dom.js';
import {distance, together, when} from './format.js';

const kinds = {pending: 'warn', delivered: 'ok', rejected: 'bad'};

const shownMost = 200;

/** One that is due and was not sent waits for its turn, behind what its receiver did not take. */
function nextAttempt(at) {
  return new Date(at) < Date.now() - 1000 ? 'in its turn' : distance(at);
}

export function openOutbox(main) {
  const summary = element('p', {class: 'summary', role: 'status'});
  const table = tableOf('Messages, newest first', ['State', 'Receiver', 'Message', 'Created', '#Attempts', 'Next attempt or problem']);
  const nothing = element('p', {class: 'note'}, 'No messages yet.');
  const older = element('p', {class: 'note'}, `The newest ${shownMost}, and the oldest that wait.`);
  main.append(element('div', {class: 'top'}, element('h1', {tabindex: '-1'}, 'Outbox'), summary), table.element, nothing, older);
  return {
    title: 'Outbox',
    async refresh() {
      const {messages} = await ask('api/v1/outbox', {limit: String(shownMost)});
      const waiting = messages.filter((message) => message.state === 'pending').length;
      const refused = messages.filter((message) => message.state === 'rejected').length;
      setText(summary, messages.length === 0 ? 'Nobody was told anything yet.' : waiting + refused === 0 ? 'Everything was delivered.'
          : [waiting ? `${waiting} waiting` : null, refused ? `${refused} rejected` : null].filter(Boolean).join(' · '));
      table.element.hidden = messages.length === 0;
      nothing.hidden = messages.length > 0;
      older.hidden = messages.length < shownMost;
      keyed(table.rows, messages, (message) => message.id, table.row, (row, message) => {
        setCell(row.cells[0], badge(kinds[message.state] ?? 'quiet', message.state));
        setCell(row.cells[1], message.receiver);
        setCell(row.cells[2], element('span', {}, element('strong', {}, [message.severity, message.kind].filter(Boolean).join(' ')), ` ${together(message.summary ?? message.id)}`));
        setCell(row.cells[3], when(message.created));
        setCell(row.cells[4], String(message.attempts));
        const next = message.state === 'pending' ? nextAttempt(message.next_attempt) : '';
        setCell(row.cells[5], [next, message.error].filter(Boolean).join(': '));
      });
    },
  };
}
