"""Runs a program where it can reach nothing: limits as data, a command line, what it did."""
