import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError, Unreachable } from '../src/api';
import { uuid7 } from '../src/ids';
import { Outbox } from '../src/outbox';
import { type IFactsAnswer, type IStampedFact } from '../src/protocol';
import { MemoryStorage, type Sent } from './worlds';

const OPENED = { kind: 'LessonOpened', lesson: 'frames' } as const;

/** A server that stores all facts, unless `fault` says otherwise. */
class Store {
  readonly sent: Sent[] = [];
  fault: ((path: string) => Error | IFactsAnswer | null) | null = null;

  facts = (path: string, facts: readonly IStampedFact[]): Promise<IFactsAnswer> => {
    this.sent.push([path, facts]);
    const fault = this.fault?.(path) ?? null;
    if (fault instanceof Error) {
      return Promise.reject(fault);
    }
    return Promise.resolve(fault ?? { stored: facts.map(fact => fact.event_id) });
  };
}

describe('the outbox', () => {
  let store: Store;
  let storage: MemoryStorage;
  let outbox: Outbox;

  const make = (scope = '/'): Outbox => new Outbox({ api: store, storage, scope });

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 14) });
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    store = new Store();
    storage = new MemoryStorage();
    outbox = make();
  });

  afterEach(() => {
    outbox.dispose();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('sends a fact soon, with its id and its time, and forgets it once it is stored', async () => {
    outbox.add('a.ipynb', OPENED);
    expect(outbox.pending).toBe(1);
    await vi.runAllTimersAsync();
    expect(store.sent).toHaveLength(1);
    const [path, facts] = store.sent[0] as Sent;
    expect(path).toBe('a.ipynb');
    expect(facts[0]).toMatchObject({ at: '2026-11-22T14:00:00.000Z', fact: OPENED });
    expect(facts[0]?.event_id).toMatch(/^01a2038e-7f00-7[0-9a-f]{3}-[89ab]/);
    expect(outbox.pending).toBe(0);
    expect(storage.length).toBe(0);
  });

  it('keeps facts while the server is away, and sends them with the same ids when it is back', async () => {
    store.fault = () => new Unreachable('away');
    outbox.add('a.ipynb', OPENED);
    await vi.advanceTimersByTimeAsync(100_000);
    const attempts = store.sent.length;
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(8);
    expect(outbox.pending).toBe(1);
    store.fault = null;
    await vi.advanceTimersByTimeAsync(300_000);
    expect(outbox.pending).toBe(0);
    const ids = new Set(store.sent.map(([, facts]) => facts[0]?.event_id));
    expect(ids.size).toBe(1);
  });

  it('survives a reload of the page', async () => {
    store.fault = () => new Unreachable('away');
    outbox.add('a.ipynb', OPENED);
    await vi.advanceTimersByTimeAsync(1_000);
    outbox.dispose();
    store.fault = null;
    outbox = make();
    await vi.runAllTimersAsync();
    expect(outbox.pending).toBe(0);
    expect(store.sent).toHaveLength(2);
  });

  it("leaves another person's facts alone on a shared origin", async () => {
    store.fault = () => new Unreachable('away');
    const ada = make('/user/ada/');
    ada.add('a.ipynb', OPENED);
    await vi.advanceTimersByTimeAsync(1_000);
    ada.dispose();
    const bo = make('/user/bo/');
    expect(bo.pending).toBe(0);
    bo.dispose();
  });

  it('is not held up by one notebook that the server does not know', async () => {
    store.fault = path =>
      path === 'gone.ipynb' ? new ApiError(404, 'not-found', 'no such course', '') : null;
    outbox.add('gone.ipynb', OPENED);
    outbox.add('here.ipynb', OPENED);
    await outbox.flush();
    expect(outbox.pending).toBe(1);
    expect(store.sent.map(([path]) => path).sort()).toEqual(['gone.ipynb', 'here.ipynb']);
  });

  it('forgets what the server refuses, and asks no more than once for what it neither stores nor refuses', async () => {
    outbox.add('a.ipynb', OPENED);
    store.fault = () => ({ stored: [] });
    await outbox.flush();
    expect(store.sent).toHaveLength(1);
    expect(outbox.pending).toBe(1);
    store.fault = null;
    store.fault = () => ({
      stored: [],
      refused: (store.sent.at(-1)?.[1] ?? []).map(({ event_id }) => ({ event_id, reason: 'no' }))
    });
    await outbox.flush();
    expect(outbox.pending).toBe(0);
  });

  it('sends the newest share of a lesson only', async () => {
    outbox.add('a.ipynb', { kind: 'LessonViewed', lesson: 'frames', fraction: 0.25 });
    outbox.add('a.ipynb', { kind: 'LessonViewed', lesson: 'frames', fraction: 0.5 });
    await outbox.flush();
    expect(store.sent[0]?.[1].map(({ fact }) => fact)).toEqual([
      { kind: 'LessonViewed', lesson: 'frames', fraction: 0.5 }
    ]);
  });

  it('goes on in memory when the browser stores nothing', async () => {
    vi.spyOn(storage, 'setItem').mockImplementation(() => {
      throw new Error('QuotaExceededError');
    });
    outbox.add('a.ipynb', OPENED);
    expect(outbox.pending).toBe(1);
    await outbox.flush();
    expect(store.sent).toHaveLength(1);
    expect(outbox.pending).toBe(0);
  });

  it('drops what it cannot read', async () => {
    storage.setItem('course-kit:outbox:/:broken', '{');
    await outbox.flush();
    expect(store.sent).toEqual([]);
    expect(outbox.pending).toBe(0);
  });

  it('says which notebooks were delivered', async () => {
    const delivered: string[] = [];
    outbox.delivered.connect((_, paths) => {
      delivered.push(...paths);
    });
    outbox.add('a.ipynb', OPENED);
    await outbox.flush();
    expect(delivered).toEqual(['a.ipynb']);
  });
});

describe('a fact’s id', () => {
  it('is a version 7 UUID: the example of RFC 9562, appendix A.6', () => {
    const random = Uint8Array.from(
      '000000000000 0cc3 18c4dc0c0c07398f'.replaceAll(' ', '').match(/../g) ?? [],
      byte => parseInt(byte, 16)
    );
    expect(uuid7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('sorts by time', () => {
    expect(uuid7(2) > uuid7(1)).toBe(true);
  });
});
