"""Settings, from environment variables that begin with ``CROSSDOCK_`` and from ``.env``."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LAST_PORT = 65_535
ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """How this process runs. Each field is ``CROSSDOCK_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(env_prefix="CROSSDOCK_", env_file=".env", extra="ignore", frozen=True)

    nats_url: str = ""
    """Server or cluster to use, comma-separated; empty: ``crossdock up`` runs its own."""
    nats_server: str = ""
    """Name that the server at nats_url has to have; empty: any. ``crossdock up`` sets it for its services."""
    nats_credentials: str = ""
    """File with NATS credentials."""
    data_dir: Path = Path(".crossdock")
    """Folder of the embedded server and of the command line's own notes."""
    rules_dir: Path = ROOT / "deploy" / "rules"
    """Folder of the TOML files with channels, locations, routing rules and carrier rates."""

    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=LAST_PORT)] = 8080
    """Port of the web interface; 0: any free one."""
    api_token: SecretStr = SecretStr("")
    """Bearer token that the web interface asks for; empty: none."""
    public_url: str = ""
    """Address of the web interface as the outside calls it; some channels sign it with their webhooks."""
    secrets_dir: Path | None = None
    """Folder with a file for each secret of channels, carriers and gateways."""
    max_body_bytes: PositiveInt = 4 * 1024 * 1024
    """Largest webhook that is taken."""

    replicas: PositiveInt = 1
    """Copies of each stream; 3 on a cluster."""
    partitions: PositiveInt = 1
    """Shards of every service that is keyed by order. Fixed once streams exist."""
    pools: PositiveInt = 1
    """Shards of inventory, by owner. Fixed once streams exist."""
    batch: PositiveInt = 256
    """Most messages that one handler takes at a time."""
    lease_s: PositiveFloat = 1.5
    """A partition whose holder has been silent for so long is taken over."""
    ack_wait_s: PositiveFloat = 15.0
    """The server hands a message out again that was not settled for so long."""
    cache_bytes: PositiveInt = 16 * 1024 * 1024
    """State documents that a partition keeps at hand, counted as JSON."""

    keep_events_days: PositiveFloat = 30.0
    """Events older than this are archived and purged, once every consumer has settled them."""
    keep_ended_days: PositiveFloat = 400.0
    """What has ended is kept so long after its last change, to tell late copies from news."""
    keep_dead_days: NonNegativeFloat = 0.0
    """Dead letters older than this are removed, whatever was in them; 0: only an operator removes them."""
    park_first_s: PositiveFloat = 2.0
    park_longest_s: PositiveFloat = 900.0
    park_attempts: PositiveInt = 40
    """A message that was parked so often becomes a dead letter."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    gomemlimit: str = "4GiB"
    """Soft memory limit of the embedded server (its GOMEMLIMIT): a guard; near it the server only collects garbage."""
    gogc: PositiveInt = 50
    """Garbage that the embedded server lets grow, in percent of what lives (its GOGC)."""

    presence_s: PositiveFloat = 0.8
    """How often replicas that share partitions say that they are there."""

    @property
    def server_name(self) -> str:
        """Name that the server has to have, the embedded one where no other is set; empty: any."""
        if self.nats_url:
            return self.nats_server
        return f"crossdock-{sha256(str(self.data_dir.resolve()).encode()).hexdigest()[:12]}"

    @property
    def servers(self) -> list[str]:
        """The servers to connect to, the embedded one where none is set."""
        if self.nats_url:
            return [url.strip() for url in self.nats_url.split(",") if url.strip()]
        port_file = self.data_dir / "nats" / "port"
        port = port_file.read_text().strip() if port_file.exists() else "4222"
        return [f"nats://127.0.0.1:{port}"]


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
