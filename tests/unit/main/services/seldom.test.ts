import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seldom } from '../../../../main/services/seldom.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('notices of what changes often', () => {
  it('the first at once, the others together, and none is lost', () => {
    const told: string[] = [];
    const notify = seldom((topic) => told.push(topic));
    notify('groups');
    notify('groups');
    notify('jobs');
    notify('groups');
    expect(told).toEqual(['groups', 'jobs']);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['groups', 'jobs', 'groups']);
    vi.advanceTimersByTime(5000);
    expect(told).toHaveLength(3);
    notify('groups');
    expect(told).toHaveLength(4);
  });
});
