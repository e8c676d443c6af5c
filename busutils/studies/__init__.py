"""One module a notebook: its settings, the jobs that they ask for, its tables.

A study has ``Settings``, ``dataset(values)`` and ``plan(values, dataset)``; the notebook tells the
story, the study holds what a test can reach.
"""
