"""The experiments: arms of settings, several seeds each, trained by the trainer itself and measured greedily."""
