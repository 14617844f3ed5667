"""Samples: questions with their images and reference answers."""
