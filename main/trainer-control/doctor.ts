import { execFile } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { DoctorCheck } from '../../shared/model/trainer-setup.ts';
import { TRAINER, VENV, venvPython } from '../bootstrap/paths.mjs';

/** Looks at everything that a run needs, and says of each what was found and what to do. Changes nothing. */

const GIB = 1024 ** 3;

/** Prints one JSON object: Python's version and, of each pin, what is installed. */
const PACKAGES = `
import importlib.metadata as m, json, platform, sys, tomllib
pins = tomllib.load(open(sys.argv[1], 'rb'))['project']['dependencies']
def have(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
rows = [dict(name=p.split('==')[0], pinned=p.split('==')[1], installed=have(p.split('==')[0])) for p in pins]
print(json.dumps(dict(python=platform.python_version(), executable=sys.executable, packages=rows)))
`;

/** Imports PyTorch and multiplies a matrix on every device: an import alone does not show a GPU that is too old. */
const DEVICES = `
import json
import torch
found = []
def add(kind, name, total, free):
    try:
        one = torch.ones(64, 64, device=kind)
        error = None if float((one @ one)[0, 0]) == 64.0 else 'it computes wrongly'
    except Exception as e:
        error = str(e)
    found.append(dict(kind=kind, name=name, total=total, free=free, error=error))
add('cpu', 'CPU, %d threads' % torch.get_num_threads(), None, None)
for index in range(torch.cuda.device_count()):
    try: free, total = torch.cuda.mem_get_info(index)
    except Exception: free, total = None, None
    add('cuda:%d' % index, torch.cuda.get_device_name(index), total, free)
if torch.backends.mps.is_available():
    add('mps', 'Apple GPU', None, None)
print(json.dumps(dict(version=torch.__version__, devices=found)))
`;

const packagesReport = z.object({
  python: z.string(),
  executable: z.string(),
  packages: z.array(z.object({ name: z.string(), pinned: z.string(), installed: z.string().nullable() })),
});
type PackagesReport = z.infer<typeof packagesReport>;

const devicesReport = z.object({
  version: z.string(),
  devices: z.array(
    z.object({
      kind: z.string(),
      name: z.string(),
      total: z.number().nullable(),
      free: z.number().nullable(),
      error: z.string().nullable(),
    }),
  ),
});
type DevicesReport = z.infer<typeof devicesReport>;

export interface DoctorOptions {
  /** Where runs are written. */
  readonly workspace: string;
  /** Model folder of the agent that would be trained; null where there is none, or it is a server. */
  readonly agent: { readonly name: string; readonly folder: string | null } | null;
  readonly signal: AbortSignal;
}

export async function examine(options: DoctorOptions): Promise<readonly DoctorCheck[]> {
  const packages = await ask(PACKAGES, [join(TRAINER, 'pyproject.toml')], packagesReport, options.signal);
  const devices = packages === null ? null : await ask(DEVICES, [], devicesReport, options.signal);
  return [
    checkPython(packages),
    ...(packages === null ? [] : [checkPackages(packages), checkCompute(devices), checkGpu(devices)]),
    checkMemory(freemem(), totalmem()),
    checkDisk(options.workspace),
    checkAgent(options.agent),
  ];
}

export function checkPython(report: PackagesReport | null): DoctorCheck {
  if (report === null) {
    return {
      id: 'python',
      title: 'Python environment',
      state: 'bad',
      found: existsSync(venvPython()) ? 'Its Python does not start' : 'Not set up yet',
      advice: 'Press "Set up the trainer". It needs Python 3.11 or newer and the network, once.',
    };
  }
  const found = `Python ${report.python} in ${report.executable}`;
  const [major = 0, minor = 0] = report.python.split('.').map(Number);
  return major === 3 && minor >= 11
    ? { id: 'python', title: 'Python environment', state: 'good', found, advice: null }
    : {
        id: 'python',
        title: 'Python environment',
        state: 'bad',
        found,
        advice: `The trainer needs Python 3.11 or newer. Install it, delete the folder ${VENV}, set up again.`,
      };
}

/** A local version label (`+cpu`, `+cu130`) is the builder's and does not count. */
export function checkPackages(report: PackagesReport): DoctorCheck {
  const missing = report.packages.filter(({ installed }) => installed === null);
  const other = report.packages.filter(
    ({ installed, pinned }) => installed !== null && installed.split('+')[0] !== pinned,
  );
  if (missing.length + other.length === 0) {
    const torch = report.packages.find(({ name }) => name === 'torch')?.installed ?? 'none';
    const found = `All ${report.packages.length} as pinned; torch ${torch}`;
    return { id: 'packages', title: 'Python packages', state: 'good', found, advice: null };
  }
  const words = [
    ...missing.map(({ name, pinned }) => `${name} ${pinned} is missing`),
    ...other.map(({ name, pinned, installed }) => `${name} is ${installed}, pinned is ${pinned}`),
  ];
  return {
    id: 'packages',
    title: 'Python packages',
    state: 'bad',
    found: words.join('; '),
    advice: 'Press "Set up the trainer": it installs what is missing and leaves the rest.',
  };
}

export function checkCompute(report: DevicesReport | null): DoctorCheck {
  const cpu = report?.devices[0];
  return cpu !== undefined && cpu.error === null
    ? {
        id: 'compute',
        title: 'PyTorch',
        state: 'good',
        found: `torch ${report?.version ?? ''} computes on ${cpu.name}`,
        advice: null,
      }
    : {
        id: 'compute',
        title: 'PyTorch',
        state: 'bad',
        found: cpu?.error ?? 'It could not be imported',
        advice: `Delete the folder ${VENV} and set up the trainer again. If that does not help, this CPU is too old for it.`,
      };
}

export function checkGpu(report: DevicesReport | null): DoctorCheck {
  const gpus = report?.devices.slice(1) ?? [];
  const [broken] = gpus.filter(({ error }) => error !== null);
  if (broken !== undefined) {
    return {
      id: 'gpu',
      title: 'GPU',
      state: 'warn',
      found: `${broken.name}: ${broken.error ?? ''}`,
      advice:
        'The driver or this build of PyTorch does not fit the card. Update the driver, or train on the CPU (device: cpu).',
    };
  }
  if (gpus.length === 0) {
    return {
      id: 'gpu',
      title: 'GPU',
      state: 'warn',
      found: 'None that PyTorch can use',
      advice: 'The demo agent trains on the CPU in minutes. A model of 3B or more needs a GPU.',
    };
  }
  const found = gpus
    .map(({ name, total, free }) =>
      total === null || free === null ? name : `${name}, ${gib(free)} of ${gib(total)} free`,
    )
    .join('; ');
  return { id: 'gpu', title: 'GPU', state: 'good', found, advice: null };
}

export function checkMemory(free: number, total: number): DoctorCheck {
  const isShort = free < 2 * GIB;
  return {
    id: 'memory',
    title: 'Memory',
    state: isShort ? 'warn' : 'good',
    found: `${gib(free)} of ${gib(total)} free`,
    advice: isShort ? 'Close other programs before a run, or choose fewer rollouts at once.' : null,
  };
}

function checkDisk(folder: string): DoctorCheck {
  const { bavail, bsize } = statfsSync(folder);
  return diskCheck(bavail * bsize);
}

export function diskCheck(free: number): DoctorCheck {
  const state = free < GIB / 2 ? 'bad' : free < 4 * GIB ? 'warn' : 'good';
  return {
    id: 'disk',
    title: 'Disk',
    state,
    found: `${gib(free)} free where runs are written`,
    advice:
      state === 'good'
        ? null
        : 'A checkpoint of the demo agent takes 30 MB, one of a 7B model with LoRA about 1 GB. Free some space, or keep fewer checkpoints.',
  };
}

export function checkAgent(agent: DoctorOptions['agent']): DoctorCheck {
  const title = 'Weights of the agent';
  if (agent === null) {
    return {
      id: 'agent',
      title,
      state: 'bad',
      found: 'There is no agent',
      advice: 'Add one on the Agents screen.',
    };
  }
  if (agent.folder === null) {
    return {
      id: 'agent',
      title,
      state: 'bad',
      found: `${agent.name} runs on a server`,
      advice: 'Only an agent whose model folder is on this machine can be trained here. Choose another.',
    };
  }
  const file = ['model.safetensors', 'model.safetensors.index.json'].find((name) =>
    existsSync(join(agent.folder ?? '', name)),
  );
  return file === undefined
    ? {
        id: 'agent',
        title,
        state: 'bad',
        found: `${agent.name} has no model.safetensors`,
        advice:
          'ONNX files can be run but not trained. Put the model.safetensors of the same model into its folder.',
      }
    : { id: 'agent', title, state: 'good', found: `${agent.name}: ${file}`, advice: null };
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GB`;
}

/** Runs a script in the trainer's Python. Null where that does not answer as it should. */
function ask<Schema extends z.ZodType>(
  script: string,
  args: readonly string[],
  schema: Schema,
  signal: AbortSignal,
): Promise<z.infer<Schema> | null> {
  return new Promise((resolve) => {
    execFile(
      venvPython(),
      ['-I', '-c', script, ...args],
      { signal, timeout: 180_000, maxBuffer: 4 * 1024 * 1024, windowsHide: true },
      (_error, stdout) => {
        try {
          resolve(schema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')));
        } catch {
          resolve(null);
        }
      },
    );
  });
}
