"""Entities of the Mastodon client API, as clients expect them (client-api.md 3 and 4)."""
