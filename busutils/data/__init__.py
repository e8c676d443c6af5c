"""Readers, integrity checks, near-duplicates, splits, phantoms and downloads."""
