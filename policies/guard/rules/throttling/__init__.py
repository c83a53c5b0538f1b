"""Rules of the throttling pillar."""
