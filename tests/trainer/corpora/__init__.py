"""Cases of the twin corpora. Python computes the expected values; TypeScript reads the same files and must agree."""
