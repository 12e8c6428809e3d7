"""ActivityStreams documents as they travel between agencies."""
