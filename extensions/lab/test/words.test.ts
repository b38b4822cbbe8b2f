import { describe, expect, it } from 'vitest';

import { localTime, minutesText } from '../src/dates';
import { isInView, SeenCells } from '../src/seen';
import { assignmentStateText, percent, scoreText, sizeText } from '../src/words';
import { findAssignment } from '../src/protocol';
import { goldenPanel, MemoryStorage, trans } from './worlds';

describe('words', () => {
  it('say 100 % of finished work only', () => {
    expect(percent(0.999)).toBe('99 %');
    expect(percent(0.29)).toBe('29 %');
    expect(percent(1)).toBe('100 %');
    expect(percent(-1)).toBe('0 %');
  });

  it('tell minutes as a clock does', () => {
    expect([20, 60, 95].map(minutes => minutesText(minutes, trans))).toEqual([
      '20 min',
      '1 h',
      '1 h 35 min'
    ]);
    expect(minutesText(null, trans)).toBe('');
  });

  it("show a time in the learner's zone", () => {
    expect(localTime('2026-11-30T08:00:00.000000Z', 'en-GB', 'Asia/Kolkata')).toBe(
      'Mon, 30 Nov 2026, 13:30'
    );
  });

  it('round points to two decimals', () => {
    expect(scoreText(2 / 3, 10, trans)).toBe('0.67 of 10 points');
    expect(scoreText(3, null, trans)).toBe('3 points');
    expect(sizeText(123)).toBe('123 B');
    expect(sizeText(1234)).toBe('1.2 kB');
  });

  it('say of late work that it can still be submitted', () => {
    const penguins = findAssignment(goldenPanel(), 'penguins');
    expect(penguins && assignmentStateText(penguins, Date.UTC(2026, 10, 22), trans)).toBe(
      'Not submitted'
    );
    expect(penguins && assignmentStateText(penguins, Date.UTC(2026, 11, 22), trans)).toContain(
      'still submit'
    );
  });
});

describe('cells in view', () => {
  const entry = (intersectionRatio: number, height: number): Parameters<typeof isInView>[0] => ({
    isIntersecting: intersectionRatio > 0,
    intersectionRatio,
    intersectionRect: { height },
    rootBounds: { height: 600 }
  });

  it('count when half of them, or half a screen of them, is seen', () => {
    expect(isInView(entry(0.6, 60))).toBe(true);
    expect(isInView(entry(0.1, 320))).toBe(true);
    expect(isInView(entry(0.1, 60))).toBe(false);
    expect(isInView(entry(0, 0))).toBe(false);
  });

  it('are remembered over days, and judged by the cells that are present', () => {
    const storage = new MemoryStorage();
    const monday = new SeenCells(storage, 'k');
    expect(monday.add('a')).toBe(true);
    expect(monday.add('a')).toBe(false);
    monday.add('gone');
    const tuesday = new SeenCells(storage, 'k');
    tuesday.add('b');
    expect(tuesday.fraction(['a', 'b', 'c', 'd'])).toBe(0.5);
    expect(tuesday.fraction([])).toBe(1);
  });

  it('begin anew where the storage holds something else', () => {
    const storage = new MemoryStorage();
    storage.setItem('k', '{oops');
    expect(new SeenCells(storage, 'k').fraction(['a'])).toBe(0);
  });
});
