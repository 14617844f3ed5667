"""Small runs for the tests of the trainer: a folder with a few samples of the world, and what its events say."""

import json
from pathlib import Path
from typing import Any

from imagent_trainer.protocol import schema
from imagent_trainer.protocol.config import Config, read_config
from imagent_trainer.world.write import write_world

DEMO_AGENT = Path(__file__).resolve().parents[2] / 'assets' / 'demo-agent'
RUN_ID = 'run_0123456789abcdef'
CALL = '{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [20, 20, 76, 76]}}'
ZOOM = f'<think>Look.</think>\n<tool_call>\n{CALL}\n</tool_call>'
KNOBS: dict[str, Any] = {
    'max_steps': 2,
    'prompts_per_step': 2,
    'num_generations': 2,
    'per_device_train_batch_size': 2,
    'threads': 1,
    'learning_rate': 1e-3,
    'temperature': 1.2,
    'evaluation_every': 0,
    'save_every': 1,
    'device': 'cpu',
    'dtype': 'float32',
    'limits': {'max_tokens_per_turn': 40, 'max_calls': 3},
    'demonstrations': {'mode': 'none'},
}

# Warm enough that the rollouts of a group differ, and there is something to learn from.
LIVELY: dict[str, Any] = {'temperature': 1.6, 'num_generations': 4, 'per_device_train_batch_size': 4}


def config_value(agent: Path = DEMO_AGENT, **knobs: Any) -> dict[str, Any]:
    base = {'format': 1, 'run_id': RUN_ID, 'created_at': 0, 'agent_folder': str(agent)}
    return {**base, **KNOBS, **knobs}


def config(agent: Path = DEMO_AGENT, **knobs: Any) -> Config:
    return read_config(config_value(agent, **knobs))


def answer(text: str, thought: str = 'Seen.') -> str:
    return f'<think>{thought}</think>\n<answer>{text}</answer>'


def demonstration(sample: dict[str, Any], mark: str | None = None) -> dict[str, Any]:
    """A call and the right answer."""
    turns = [{'text': ZOOM, 'mark': mark}, {'text': answer(sample['answers'][0])}]
    return {'id': f'd-{sample["id"]}', 'sample_id': sample['id'], 'turns': turns}


def write_run(
    folder: Path, agent: Path = DEMO_AGENT, shown: bool = False, samples: int = 4, **knobs: Any
) -> Path:
    """`samples` questions to train on and two to evaluate with. `shown`: with a demonstration each."""
    data = folder / 'data'
    write_world(7, samples + 2, data)
    lines = (data / 'samples.jsonl').read_text(encoding='utf-8').splitlines()
    (data / 'train.jsonl').write_text('\n'.join(lines[:samples]) + '\n', encoding='utf-8')
    (data / 'validation.jsonl').write_text('\n'.join(lines[samples:]) + '\n', encoding='utf-8')
    if shown:
        rows = [json.dumps(demonstration(json.loads(line))) for line in lines[:samples]]
        (data / 'demonstrations.jsonl').write_text('\n'.join(rows) + '\n', encoding='utf-8')
    (folder / 'config.json').write_text(json.dumps(config_value(agent, **knobs)), encoding='utf-8')
    return folder


def events(folder: Path) -> list[dict[str, Any]]:
    """Every event, checked against the schema."""
    lines = (folder / 'events.jsonl').read_text(encoding='utf-8').splitlines()
    return [schema.read('event', json.loads(line)) for line in lines]


def of_type(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in events(folder) if event['type'] == kind]
