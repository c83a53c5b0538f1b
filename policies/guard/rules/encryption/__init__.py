"""Rules of the encryption pillar."""
