"""The HTTP surface: parses, asks `runs`, answers."""
