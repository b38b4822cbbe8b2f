import { describe, expect, it } from 'vitest';

import { DueNotices } from '../src/due';
import { type IPanel } from '../src/protocol';
import { type INotice } from '../src/protocolWeek';
import { goldenPanel, MemoryStorage } from './worlds';

function notice(key: string): INotice {
  return { key, text: `${key} is due in 2 days.`, path: null, assignment: key };
}

function withNotices(...keys: string[]): IPanel {
  return { ...goldenPanel(), notices: keys.map(notice) };
}

describe('what is due soon', () => {
  const storage = new MemoryStorage();
  let day = 22;
  const said: string[] = [];
  const page = (scope = '/'): DueNotices =>
    new DueNotices({
      storage,
      scope,
      notify: ({ key }) => {
        said.push(key);
        return () => said.push(`not ${key}`);
      },
      now: () => new Date(2026, 10, day, 9)
    });
  const heard = (): string[] => said.splice(0);

  it('is said once a day, also when the page is loaded again', () => {
    const first = page();
    first.tell(withNotices('a', 'b'));
    expect(heard()).toEqual(['a', 'b']);
    first.tell(withNotices('a', 'b', 'c'));
    expect(heard()).toEqual(['c']);
    page().tell(withNotices('a', 'b', 'c'));
    expect(heard()).toEqual([]);
    page('/user/bo/').tell(withNotices('a'));
    expect(heard()).toEqual(['a']);
  });

  it('is said again the next day, and other days are forgotten', () => {
    day = 23;
    page().tell(withNotices('a'));
    expect(heard()).toEqual(['a']);
    expect([...(storage['items' as never] as Map<string, string>)].map(([key]) => key)).toEqual([
      'course-kit:due:/:data-science:a',
      'course-kit:due:/user/bo/:data-science:a'
    ]);
  });

  it('is said once by each page where the browser keeps nothing', () => {
    const full = new MemoryStorage();
    full.setItem = () => {
      throw new Error('full');
    };
    const notify = ({ key }: INotice) => {
      said.push(key);
      return () => undefined;
    };
    const only = new DueNotices({ storage: full, scope: '/', notify });
    only.tell(withNotices('a'));
    only.tell(withNotices('a'));
    expect(heard()).toEqual(['a']);
  });

  it('is taken away when it is not true any more', () => {
    const own = page('/user/cy/');
    own.tell(withNotices('a', 'b'));
    own.tell({ ...withNotices(), course: { ...goldenPanel().course, key: 'other' } });
    expect(heard()).toEqual(['a', 'b']);
    own.tell(withNotices('b'));
    own.tell(withNotices('b'));
    expect(heard()).toEqual(['not a']);
  });

  it('may be nothing', () => {
    page().tell({ ...goldenPanel(), notices: undefined });
    expect(heard()).toEqual([]);
  });
});
