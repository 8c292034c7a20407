"""An evaluation to keep and to pass on: JSON and CSV for programs, one self-contained page for people."""

from __future__ import annotations

from pleura.reporting.evaluation import as_html
from pleura.reporting.files import write_report
from pleura.reporting.tables import as_csv, as_json

__all__ = ["as_csv", "as_html", "as_json", "write_report"]
