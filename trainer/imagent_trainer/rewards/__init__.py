"""When an answer is right, and what an episode is worth."""
