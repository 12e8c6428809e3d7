"""What people's browsers ask us."""
