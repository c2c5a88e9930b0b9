"""What happens to a program between a request and its last event: queue, limits, event log."""
