"""Paper 3: its claims, and what a run cuts from its protocol."""
