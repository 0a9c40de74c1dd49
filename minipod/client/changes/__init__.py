"""Changes of objects as people write them: edits, patches, labels, images."""
