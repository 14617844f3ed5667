import { describe, expect, it } from 'vitest';
import {
  checkAgent,
  checkCompute,
  checkGpu,
  checkMemory,
  checkPackages,
  checkPython,
  diskCheck,
} from '../../../../main/trainer-control/doctor.ts';
import { explain } from '../../../../main/trainer-control/python-environment.ts';
import { ROOT } from '../../../helpers/project.ts';

const GIB = 1024 ** 3;
const pinned = (name: string, version: string, installed: string | null) => ({
  name,
  pinned: version,
  installed,
});
const python = (version: string) => ({ python: version, executable: '/p', packages: [] });
const cpu = { kind: 'cpu', name: 'CPU', total: null, free: null, error: null };

describe('the doctor', () => {
  it('wants Python 3.11', () => {
    expect(checkPython(null)).toMatchObject({ state: 'bad', advice: expect.stringContaining('Set up') });
    expect(checkPython(python('3.10.4')).state).toBe('bad');
    expect(checkPython(python('3.13.0')).state).toBe('good');
  });

  it('compares every package with its pin, whoever built it', () => {
    const good = { ...python('3.11.0'), packages: [pinned('torch', '2.13.0', '2.13.0+cu130')] };
    expect(checkPackages(good)).toMatchObject({
      state: 'good',
      found: expect.stringContaining('2.13.0+cu130'),
    });
    const bad = { ...good, packages: [pinned('torch', '2.13.0', null), pinned('trl', '1.13.0', '1.16.0')] };
    expect(checkPackages(bad)).toMatchObject({
      state: 'bad',
      found: 'torch 2.13.0 is missing; trl is 1.16.0, pinned is 1.13.0',
    });
  });

  it('tells a GPU that computes from one that does not, and says what to do without one', () => {
    const gpu = { ...cpu, kind: 'cuda:0', name: 'H100', total: 80 * GIB, free: 79 * GIB };
    const report = (...devices: (typeof cpu)[]) => ({ version: '2.13.0', devices: [cpu, ...devices] });
    expect(checkGpu(report(gpu as never))).toMatchObject({
      state: 'good',
      found: 'H100, 79.0 GB of 80.0 GB free',
    });
    const old = { ...gpu, error: 'no kernel image is available' } as never;
    expect(checkGpu(report(old))).toMatchObject({
      state: 'warn',
      found: 'H100: no kernel image is available',
    });
    expect(checkGpu(report())).toMatchObject({ state: 'warn', found: 'None that PyTorch can use' });
    expect(checkCompute(null).state).toBe('bad');
    expect(checkCompute(report()).state).toBe('good');
  });

  it('warns of little memory and little disk before a run meets its end there', () => {
    expect([checkMemory(8 * GIB, 16 * GIB).state, checkMemory(GIB, 16 * GIB).state]).toEqual([
      'good',
      'warn',
    ]);
    expect([diskCheck(50 * GIB), diskCheck(2 * GIB), diskCheck(GIB / 4)].map(({ state }) => state)).toEqual([
      'good',
      'warn',
      'bad',
    ]);
  });

  it('wants weights, which only a folder can have', () => {
    expect(checkAgent(null).state).toBe('bad');
    expect(checkAgent({ name: 'Served', folder: null })).toMatchObject({
      state: 'bad',
      found: 'Served runs on a server',
    });
    expect(checkAgent({ name: 'Bare', folder: '/nowhere' })).toMatchObject({
      state: 'bad',
      advice: expect.stringContaining('model.safetensors'),
    });
    expect(checkAgent({ name: 'Demo', folder: `${ROOT}/assets/demo-agent` }).state).toBe('good');
  });
});

describe('why a set-up failed', () => {
  it('is said as what is missing where the network is', () => {
    const words = explain(
      "pip ended with 1: WARNING: Retrying after connection broken by 'NewConnectionError(Failed to establish a new connection: [Errno -3] Temporary failure in name resolution)'\nERROR: No matching distribution found for torch==2.13.0",
    );
    expect(words).toMatch(
      /^This machine does not reach the Python package index\. Missing is torch==2\.13\.0\./,
    );
    expect(words).toContain('PIP_FIND_LINKS');
    // Without retries pip says no more than this.
    expect(
      explain(
        'ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)',
      ),
    ).toMatch(/^This machine does not reach/);
  });

  it('is said as disk space where that is it, and otherwise in the words of the installer', () => {
    expect(explain('OSError: [Errno 28] No space left on device')).toMatch(/^There is not enough disk space/);
    expect(explain('something else')).toBe('something else');
  });
});
