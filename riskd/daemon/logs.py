"""The operators' log: one line an event, key=value, to standard error, for the journal of systemd to carry."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(level: int = logging.INFO) -> None:
    """Set the log up for a process. Times come from the service manager's journal, so lines carry none.

    Libraries stay at WARNING: several of them log request headers, and with them keys, at DEBUG.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="level=%(levelname)s %(name)s: %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Standard error as it is when something is logged, which need not be the one of this moment.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def silence_logs() -> None:
    """For commands with a face of their own: only errors are logged."""
    configure_logs(logging.ERROR)
