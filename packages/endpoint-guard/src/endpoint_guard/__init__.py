"""A policy pack that judges a scoring endpoint on AWS: rules, the graph they read, levels and exemptions."""
