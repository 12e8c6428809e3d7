"""Whether they may: rules decided as pure functions. No I/O, no clock."""
