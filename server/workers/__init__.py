"""Loops that run beside the web."""
