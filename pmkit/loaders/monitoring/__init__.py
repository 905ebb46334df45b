"""Monitoring: what Prometheus, Alertmanager, Grafana, CloudWatch and Datadog kept. One format, one room."""

from __future__ import annotations

from typing import Final

from pmkit.loaders._format import Format
from pmkit.loaders.monitoring import alerts, cloudwatch, datadog, grafana, grafana_csv, prometheus

# In the order in which they are asked: Grafana's CSV could be many a table.
FORMATS: Final[tuple[Format, ...]] = (
    *prometheus.FORMATS,
    *alerts.FORMATS,
    *cloudwatch.FORMATS,
    *datadog.FORMATS,
    *grafana.FORMATS,
    *grafana_csv.FORMATS,
)
