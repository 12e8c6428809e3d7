"""What members' clients ask that Mastodon has no words for: /api/commonlore/v1."""
