"""The agent on verl, for whoever has more than one machine.

These files leave the app: an export copies them, with `rollout/` and `rewards/`, beside its tables. They are imported
by verl's workers and never by the app, which has no verl. Text, tools, answers and rewards are those of the trainer.
"""
