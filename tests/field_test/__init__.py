"""How right the pack is on programs that others wrote: every finding, and what we think of it."""
