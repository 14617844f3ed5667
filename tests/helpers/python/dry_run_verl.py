"""Runs the reward and both tools of a bundle on every row of its tables, in the bundle's own folder."""

import asyncio
import json
import sys
from pathlib import Path

import pyarrow.parquet as parquet

from imagent_trainer.rollout.prompt import SYSTEM_WITH_TOOLS
from imagent_trainer.verl.agent_loop import ImagentAgentLoop
from imagent_trainer.verl.facts import KEY
from imagent_trainer.verl.reward import compute_score

import imagent_trainer

ZOOM = '<think>Look.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 4, 40, 40]}}\n</tool_call>'
BACK = '<think>Again.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 1}}\n</tool_call>'
rows = [row for path in sorted(Path().glob('*.parquet')) for row in parquet.read_table(path).to_pylist()]
scores = []
for row in rows:
    answer = f'<think>So.</think>\n<answer>{row["extra_info"]["answer"]}</answer>'
    images = [{'type': 'image', 'image': image} for image in row['images']]
    loop = ImagentAgentLoop([ZOOM, BACK, answer])
    output = asyncio.run(loop.run({}, raw_prompt=[{'role': 'user', 'content': images}]))
    info = {**row['extra_info'], KEY: output.extra_fields[KEY]}
    truth = row['reward_model']['ground_truth']
    scores.append(compute_score(row['data_source'], '', truth, info)['score'])
print(json.dumps({'scores': scores, 'package': imagent_trainer.__file__, 'prompt': rows[0]['prompt'][0]['content'] == SYSTEM_WITH_TOOLS}))
sys.exit(0)
