"""Rules of the hygiene pillar."""
