"""`python -m imagent_trainer COMMAND ...`: one entry for every command. Each is imported only when it is asked for."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

COMMANDS = {
    'world': ('imagent_trainer.world.cli', 'make image sets with questions'),
    'experiment': (
        'imagent_trainer.train.experiments.experiment_cli',
        'compare settings of GRPO over several seeds',
    ),
    'learn': ('imagent_trainer.train.experiments.learn_cli', 'train the weak agent again, and measure it'),
    'pretrain': ('imagent_trainer.train.pretrain', 'train the demo agent on the world'),
    'train': ('imagent_trainer.train.grpo.run', 'train an agent by GRPO, as a run folder says'),
    'probe': ('imagent_trainer.train.grpo.probe', 'measure what a run would take, as JSON'),
    'judge': ('imagent_trainer.rewards.judge_cli', 'ask a judge two easy cases, as JSON'),
    'merge': ('imagent_trainer.train.grpo.merge', 'write a checkpoint as a model folder'),
    'verify': ('imagent_trainer.train.grpo.verify', 'play greedy episodes to compare an export with'),
    'export': ('imagent_trainer.export.cli', 'write the ONNX files of a model folder'),
    'weaken': (
        'imagent_trainer.train.weaken_cli',
        'make an agent that is weak on purpose, to train it again',
    ),
    'beginner': ('imagent_trainer.train.beginner', 'pack the weak agent that ships with the demo'),
    'rollout': (
        'imagent_trainer.train.rollout_cli',
        'run samples with the PyTorch agent, one JSON line an episode',
    ),
}


def usage() -> str:
    lines = [f'  {name:<10} {text}' for name, (_, text) in COMMANDS.items()]
    return 'usage: imagent_trainer COMMAND [options]\n\ncommands:\n' + '\n'.join(lines)


def main(argv: Sequence[str]) -> int:
    """Runs one command and returns its exit code (2: no such command)."""
    if not argv or argv[0] in ('-h', '--help'):
        print(usage())
        return 0 if argv else 2
    if argv[0] not in COMMANDS:
        print(f'There is no command "{argv[0]}".\n\n{usage()}', file=sys.stderr)
        return 2
    command: Callable[[list[str]], int | None] = import_module(COMMANDS[argv[0]][0]).main
    return command(list(argv[1:])) or 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
