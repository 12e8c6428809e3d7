"""Use cases, in verbs. Called by handlers, inbox and workers alike."""
