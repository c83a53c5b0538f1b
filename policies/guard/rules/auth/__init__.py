"""Rules of the auth pillar."""
