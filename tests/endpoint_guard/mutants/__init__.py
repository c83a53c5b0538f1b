"""Faults planted one at a time in the recorded prod stack: each must be noticed, and innocent changes must not."""
