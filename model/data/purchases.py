"""Two purchases that every recipe tells apart, with the fields of all recipes, for clients, probes and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_PLACE: Final = {
    "age": 41,
    "city_pop": 31_000,
    "cc_num": 4000_0000_0000_0002,
    "lat": 36.1,
    "long": -81.2,
    "merch_lat": 36.0,
    "merch_long": -82.0,
}
LEGITIMATE: Final[Mapping[str, Any]] = _PLACE | {
    "amt": 42.17,
    "category": "grocery_net",
    "time": "2020-07-14T10:12:00",
    "seconds_since_previous": 70_000,
    "count_24h": 1,
    "sum_24h": 18.4,
    "max_24h": 18.4,
}
# Late at night, online shopping, large, the latest of several within the day.
FRAUDULENT: Final[Mapping[str, Any]] = _PLACE | {
    "amt": 1043.5,
    "category": "shopping_net",
    "time": "2020-07-14T23:12:00",
    "seconds_since_previous": 1500,
    "count_24h": 4,
    "sum_24h": 2893.0,
    "max_24h": 1102.8,
}
