#!/usr/bin/env bash
# Submits the run to a Ray cluster. Set HEAD to the address of its head node, and what else differs on yours.
set -euo pipefail
cd "$(dirname "$0")"

HEAD=${HEAD:-127.0.0.1}
MODEL=${MODEL:-Qwen/Qwen2.5-VL-7B-Instruct}
NODES=${NODES:-1}
GPUS=${GPUS:-8}
BATCH=${BATCH:-256}
GROUP=${GROUP:-8}
VAL=train.parquet
if [ -f val.parquet ]; then VAL=val.parquet; fi

ray job submit --address="http://$HEAD:8265" --runtime-env=runtime_env.yaml --no-wait -- \
  python3 -m verl.trainer.main_ppo \
  algorithm.adv_estimator=grpo \
  data.train_files=train.parquet \
  data.val_files="$VAL" \
  data.train_batch_size="$BATCH" \
  data.max_prompt_length=8192 \
  data.max_response_length=16384 \
  data.image_key=images \
  data.return_raw_chat=True \
  data.return_multi_modal_inputs=False \
  data.filter_overlong_prompts=True \
  actor_rollout_ref.model.path="$MODEL" \
  actor_rollout_ref.model.custom_chat_template="$(cat template.jinja)" \
  actor_rollout_ref.actor.optim.lr=1e-6 \
  actor_rollout_ref.actor.use_kl_loss=False \
  actor_rollout_ref.actor.ppo_mini_batch_size="$BATCH" \
  actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=1 \
  actor_rollout_ref.rollout.name=vllm \
  actor_rollout_ref.rollout.mode=async \
  actor_rollout_ref.rollout.n="$GROUP" \
  actor_rollout_ref.rollout.multi_turn.enable=True \
  actor_rollout_ref.rollout.multi_turn.format=hermes \
  actor_rollout_ref.rollout.multi_turn.tool_config_path=tools.yaml \
  actor_rollout_ref.rollout.multi_turn.max_parallel_calls=1 \
  actor_rollout_ref.rollout.multi_turn.max_tool_response_length=4096 \
  actor_rollout_ref.rollout.agent.default_agent_loop=imagent_agent \
  actor_rollout_ref.rollout.agent.agent_loop_config_path=agent.yaml \
  reward.custom_reward_function.path=imagent_trainer/verl/reward.py \
  reward.custom_reward_function.name=compute_score \
  trainer.n_gpus_per_node="$GPUS" \
  trainer.nnodes="$NODES" \
  trainer.project_name=imagent \
  trainer.logger='["console"]' \
  "$@"
