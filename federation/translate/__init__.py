"""Between documents and records."""
