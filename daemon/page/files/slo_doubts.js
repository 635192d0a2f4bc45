// The events of one SLO of which it is not certain whether they happened in its window.

import {TableSection} from './dom.js';
import {count, when} from './format.js';

const reasons = {
  birth: 'a series appeared, and may have counted before',
  restart: 'counters fell: they began again, or went on',
  rename: 'a series may be another one under a new name',
  dip: 'a counter fell slightly',
  edge: 'the edge of the window cuts a slice of time',
  bucket: 'the threshold lies between two buckets',
};

/** The section with a row for each doubt; fill it with the SLO's. It is hidden without any. */
export function doubtTable() {
  const section = new TableSection({
    title: 'In doubt',
    caption: 'Events in doubt',
    columns: [
      ['Why', ({reason}) => reasons[reason] ?? reason],
      ['Source', ({source}) => source],
      ['#Events', ({total}) => count(total)],
      ['#Bad', ({bad}) => count(bad)],
      ['Counted', ({counted}) => (counted ? 'yes' : 'no')],
      ['From', ({from}) => when(from)],
      ['To', ({to}) => when(to)],
    ],
    keyOf: (doubt) => `${doubt.reason} ${doubt.source} ${doubt.counted} ${doubt.from}`,
    nothing: '',
  });
  const {element} = section;
  return {
    element,
    fill: (doubts) => {
      element.hidden = doubts.length === 0;
      section.fill(doubts);
    },
  };
}
