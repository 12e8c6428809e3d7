"""How things travel: signatures, discovery, inbox, delivery. No database, no policy."""
