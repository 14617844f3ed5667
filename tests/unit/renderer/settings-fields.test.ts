import { describe, expect, it } from 'vitest';
import { LIMIT_FIELDS, SAMPLING_FIELDS, withField } from '../../../renderer/features/settings/fields.ts';
import { DEFAULT_LIMITS, episodeLimits, GREEDY, samplingSettings } from '../../../shared/model/limits.ts';

describe('settings', () => {
  it("become a person's own when one number differs, and nobody's when all are as before", () => {
    const own = withField(null, GREEDY, 'temperature', 0.7);
    expect(own).toEqual({ ...GREEDY, temperature: 0.7 });
    expect(withField(own, GREEDY, 'temperature', 0)).toBeNull();
  });

  it('offer every number that there is', () => {
    expect(LIMIT_FIELDS.map((field) => field.name).sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
    expect(SAMPLING_FIELDS.map((field) => field.name).sort()).toEqual(Object.keys(GREEDY).sort());
  });

  it.each([...LIMIT_FIELDS])('of limits have the bounds of the contract: $name', ({ name, min, max }) => {
    for (const value of [min, max])
      expect(episodeLimits.safeParse({ ...DEFAULT_LIMITS, [name]: value }).success).toBe(true);
    for (const value of [min - 1, max + 1])
      expect(episodeLimits.safeParse({ ...DEFAULT_LIMITS, [name]: value }).success).toBe(false);
  });

  it.each([...SAMPLING_FIELDS])(
    'of sampling have the bounds of the contract: $name',
    ({ name, min, max }) => {
      for (const value of [min, max])
        expect(samplingSettings.safeParse({ ...GREEDY, [name]: value }).success).toBe(true);
      for (const value of [min - 1, max + 1])
        expect(samplingSettings.safeParse({ ...GREEDY, [name]: value }).success).toBe(false);
    },
  );
});
