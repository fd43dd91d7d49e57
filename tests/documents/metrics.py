"""``docs/metrics.md``: what operations watch."""

from prometheus_client.metrics import MetricWrapperBase

from services.hub import metrics
from tests.documents.sources import GENERATED, table

_INTRODUCTION = """\
# Metrics

Every process serves these at `/metrics`, in the text format of Prometheus, beside those of the interpreter. A histogram
`x` stands there as `x_bucket`, `x_sum` and `x_count`. What to watch first: [operations.md](operations.md).
"""


def text() -> str:
    """The document."""
    found = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    return "\n".join([GENERATED, _INTRODUCTION, table(("metric", "kind", "labels", "meaning"), map(_row, found))])


def _row(metric: MetricWrapperBase) -> tuple[str, str, str, str]:
    described = next(iter(metric.describe()))
    name = f"{described.name}_total" if described.type == "counter" else described.name
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)
    return f"`{name}`", described.type, labels, described.documentation
