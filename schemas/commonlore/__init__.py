"""What /api/commonlore/v1 takes and gives: kinds, accepted answers, thanks, whereabouts."""
