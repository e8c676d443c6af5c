"""The printed number beside the re-run one: tables, verdicts, claims, and how they are shown."""

from busutils.compare.card import glance, plain, verdicts_markdown
from busutils.compare.claims import judge
from busutils.compare.cuts import cuts
from busutils.compare.readable import numbers, readable
from busutils.compare.reported import Column, Reported, context, half_unit, reported
from busutils.compare.rule import Claim, decided
from busutils.compare.tables import Row, scores, table
from busutils.compare.verdicts import Verdict, converged, obstacles, verdict
