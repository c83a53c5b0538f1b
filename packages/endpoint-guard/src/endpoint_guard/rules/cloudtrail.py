"""Trails: in every region, encrypted, and tamper-evident."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import given, left_on, on
from endpoint_guard.rule import property_rule

trail_validated = property_rule(
    __name__,
    id="trail-validated",
    title="A changed log file of a trail is noticed",
    pillar="logging",
    severity="medium",
    why="Whoever may write to the bucket rewrites history otherwise.",
    remedy="Set enable_log_file_validation=True.",
    references=("TRL-004",),
    on=t.TRAIL,
    path="enableLogFileValidation",
    good=on,
    text="does not notice changed log files",
)

trail_on = property_rule(
    __name__,
    id="trail-on",
    title="Trails are switched on",
    pillar="logging",
    severity="high",
    why="A trail that is switched off records nothing and looks as if it did.",
    remedy="Leave enable_logging on.",
    references=("TRL-002",),
    on=t.TRAIL,
    path="enableLogging",
    good=left_on,
    text="is switched off",
)

trail_everywhere = property_rule(
    __name__,
    id="trail-everywhere",
    title="Trails record every region",
    pillar="logging",
    severity="medium",
    level="advisory",
    why="An attacker works where nobody looks.",
    remedy="Set is_multi_region_trail=True.",
    references=("TRL-003",),
    on=t.TRAIL,
    path="isMultiRegionTrail",
    good=on,
    text="records one region",
)

trail_to_log_group = property_rule(
    __name__,
    id="trail-to-log-group",
    title="Trails also write to a log group",
    pillar="logging",
    severity="low",
    why="Metric filters and alarms read log groups; a file in a bucket alerts nobody.",
    remedy="Set cloud_watch_logs_group_arn and cloud_watch_logs_role_arn.",
    references=("TRL-005",),
    on=t.TRAIL,
    path="cloudWatchLogsGroupArn",
    good=given,
    text="writes to no log group",
)
