"""Near-duplicates: pictures of one frame are found by landmarks, aligned, grouped and shown."""
