"""What other agencies ask us."""
