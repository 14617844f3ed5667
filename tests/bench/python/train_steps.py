"""A few steps of GRPO by the trainer's own command, on the demo agent. Prints what its events say of them."""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median

from imagent_trainer.train.experiments.arms import Arm, Scale
from imagent_trainer.train.experiments.runs import prepare_run, read_events, train


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('--agent', type=Path, required=True)
    parser.add_argument('--steps', type=int, default=5)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args()
    # At this temperature the shipped agent still errs, so that there is something to train on.
    arm = Arm('bench', {'temperature': 1.5})
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / 'run'
        scale = Scale(steps=options.steps, threads=options.threads)
        prepare_run(run, options.agent.resolve(), 0, scale, arm)
        train(run)
        steps = [event['metrics'] for event in read_events(run) if event['type'] == 'step_finished']
    # The first step warms caches up and is left out.
    later = steps[1:] or steps
    parts = {name: median(step['seconds'][name] or 0.0 for step in later) for name in later[0]['seconds']}
    peak = max(step['memory']['cpu_peak_bytes'] or 0.0 for step in steps)
    print(json.dumps({'steps': len(later), 'seconds': parts, 'peak_bytes': peak}))


if __name__ == '__main__':
    main()
