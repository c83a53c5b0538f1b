"""Policy documents that another evaluator has judged: see `renew.py` for how its answers are recorded."""
