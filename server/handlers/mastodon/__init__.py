"""What members' clients ask us, in the words of the Mastodon API."""
