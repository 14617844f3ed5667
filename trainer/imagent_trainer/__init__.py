"""The trainer of IMAgent Studio: the demo world, rewards, rollouts, pre-training and export.

Only `train/` and `export/` import torch; everything else runs without it (a test blocks torch and imports them).
"""
