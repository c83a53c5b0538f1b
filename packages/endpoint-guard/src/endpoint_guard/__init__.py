"""A policy pack that judges a scoring endpoint on AWS: rules, the graph they read, levels and exemptions."""

from typing import Final

VERSION: Final = "0.3.0"
