"""What the trainer and the app exchange as files: the agent folder and the safe way to replace files."""
