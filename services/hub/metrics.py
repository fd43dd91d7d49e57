"""What operations watch, in Prometheus' terms."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("crossdock_messages_total", "Messages settled", ["service", "handler", "outcome"])
EVENTS = Counter("crossdock_events_total", "Events published", ["service", "event"])
CONFLICTS = Counter("crossdock_commit_conflicts_total", "Commits refused because a document had changed", ["service"])
COMMITS = Counter("crossdock_commits_total", "Atomic batches, by how they ended", ["service", "result"])
BATCH = Histogram(
    "crossdock_batch_messages",
    "Inputs decided in one commit",
    ["service"],
    buckets=(1, 2, 5, 10, 25, 50, 100, 200, 400),
)
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
HANDLING = Histogram(
    "crossdock_handler_seconds",
    "Time to decide one message, as the mean of a round",
    ["service", "handler"],
    buckets=_SECONDS,
)
COMMIT = Histogram("crossdock_commit_seconds", "Time of one atomic batch", ["service"], buckets=_SECONDS)
LAG = Gauge("crossdock_lag_messages", "Messages that wait for a handler", ["service", "handler", "partition"])
PARKED = Counter("crossdock_parked_total", "Messages parked until a later attempt", ["service", "handler"])
DEAD = Gauge("crossdock_dead_letters", "Dead letters that wait for an operator", ["service"])
DIED = Counter("crossdock_dead_lettered_total", "Messages that became dead letters", ["service", "handler", "error"])
EFFECTS = Counter("crossdock_effects_total", "Calls to the outside", ["service", "adapter", "operation", "outcome"])
EFFECT_TIME = Histogram(
    "crossdock_effect_seconds", "Time of one call to the outside", ["service", "adapter"], buckets=(*_SECONDS, 30)
)
CIRCUIT = Gauge(
    "crossdock_circuit_open",
    "1 while the circuit of an adapter's operation is open",
    ["service", "adapter", "operation"],
)
OPENINGS = Counter(
    "crossdock_circuit_openings_total", "How often a circuit opened", ["service", "adapter", "operation"]
)
RETRIES = Counter("crossdock_retries_total", "Calls to the outside made again in place", ["adapter", "operation"])
CALLS = Counter(
    "crossdock_http_calls_total",
    "Requests sent to the outside, by how they ended: done, transient, permanent, unknown",
    ["adapter", "operation", "result"],
)
CALL_TIME = Histogram(
    "crossdock_http_call_seconds",
    "Time of one request to the outside",
    ["adapter", "operation"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SLOWED = Counter(
    "crossdock_http_slowed_seconds_total", "Time that requests waited for an adapter's rate limit", ["adapter"]
)
FAILOVERS = Counter(
    "crossdock_failovers_total",
    "Labels that another carrier sold than this one, which was preferred",
    ["carrier", "cause"],
)
UNKNOWN_CODES = Counter(
    "crossdock_unknown_codes_total", "Codes of outside systems that no table knows", ["adapter", "kind"]
)
LEASE = Gauge("crossdock_lease_held", "1 while this process holds the partition", ["service", "partition"])
READY = Gauge("crossdock_ready", "1 while the service is ready", ["service"])
CACHE = Gauge("crossdock_cache_documents", "State documents at hand", ["service", "partition"])
HTTP = Counter("crossdock_http_requests_total", "Requests to the web interface", ["route", "status"])
POLLED = Counter("crossdock_polled_orders_total", "Orders that polls have handed in", ["channel"])
PASSED_OVER = Counter(
    "crossdock_polled_passed_over_total", "What polls found that is not to be worked on", ["channel", "reason"]
)
TRACKED = Counter(
    "crossdock_tracked_parcels_total",
    "Parcels that carriers were asked about: told, not-seen by the carrier, failed",
    ["account", "result"],
)
LEVELS = Counter("crossdock_stock_levels_total", "Stock levels published to channels", ["channel", "result"])
LEVELS_BEHIND = Gauge("crossdock_stock_levels_behind", "Stock levels that changed and are not published", ["channel"])
