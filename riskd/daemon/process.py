"""The daemon as a process: its lock, its files, its signals, its end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from functools import partial
from pathlib import Path

from riskd.adapters.console import ConsoleNotifier
from riskd.adapters.credentials import CredentialStore
from riskd.adapters.identity_file import load_or_create_identity
from riskd.adapters.journal_file import JournalFile
from riskd.adapters.sd_notify import ServiceManager
from riskd.adapters.system_clock import SystemClock
from riskd.adapters.webhook import Webhook
from riskd.daemon.connections import HttpConnections
from riskd.daemon.control.sockets import Sockets
from riskd.daemon.credential_check import credentials_of
from riskd.daemon.heartbeat import Heartbeat
from riskd.daemon.logs import configure_logs
from riskd.daemon.places import Places, places_of
from riskd.daemon.service import Listener, Service
from riskd.daemon.settings import Settings
from riskd.daemon.settings_file import read_settings
from riskd.daemon.slack_wire import SlackDoor, slack_app, slack_door, slack_notifier
from riskd.daemon.surroundings import Surroundings
from riskd.daemon.webhook_queue import WebhookQueue
from riskd.daemon.wire import build_service
from riskd.errors import Problem, SettingsError
from riskd.ports import Clock, Notifier


def notifiers_of(settings: Settings, credentials: CredentialStore) -> list[Notifier]:
    """The channels to people: the console always, Slack where it is configured.

    Raises:
        CredentialError: The token's file cannot be trusted.
    """
    channels: list[Notifier] = [ConsoleNotifier(sys.stdout)]
    if settings.notify.slack is not None:
        channels.append(slack_notifier(settings.notify.slack, credentials))
    return channels


def hooks_of(settings: Settings, credentials: CredentialStore, clock: Clock) -> tuple[WebhookQueue, ...]:
    """Receivers of webhooks, each with a queue of its own.

    Raises:
        CredentialError: A secret is missing, too short, or its file cannot be trusted.
    """
    return tuple(
        WebhookQueue(
            Webhook(
                hook.url,
                credentials.fields(hook.credential, required=("secret",))["secret"],
                now=clock.now,
            ),
            clock,
        )
        for hook in settings.notify.webhooks
    )


def open_state(places: Places) -> JournalFile:
    """Make the state directory and open the journal in it; a second daemon is refused.

    Raises:
        StateLocked: Another daemon works there.
        JournalError: The chain does not verify.
    """
    places.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return JournalFile.open(places.journal, holder="riskd run")


def refuse_slow_cycles(config: Path, settings: Settings, watchdog_seconds: float | None) -> None:
    """Check that the service manager's watchdog leaves time for two cycles: it is fed by completed ones only.

    Raises:
        SettingsError: It would end a daemon that is well.
    """
    every = settings.cycle.every
    if watchdog_seconds is None or 2 * every <= watchdog_seconds:
        return
    what = (
        f"cycle.every is {every:g} s, but the service manager ends riskd after {watchdog_seconds:g} s without a completed"
        f" cycle; write {watchdog_seconds / 2:g}s or less, or raise WatchdogSec"
    )
    raise SettingsError((Problem(file=str(config), line=1, column=1, code="C003", what=what),))


async def run_daemon(config: Path) -> None:
    """Watch until SIGTERM or SIGINT; SIGHUP reads the policies again.

    Raises:
        RiskdError: It could not start: settings, policies, credentials, or another daemon.
    """
    configure_logs()
    settings = read_settings(config)
    manager = ServiceManager(os.environ)
    refuse_slow_cycles(config, settings, manager.watchdog_seconds)
    clock: Clock = SystemClock()
    places = places_of(settings, config=config)
    credentials = credentials_of(config)
    notifiers = notifiers_of(settings, credentials)
    journal = open_state(places)
    heartbeat = Heartbeat(manager)
    listeners: tuple[Listener, ...] = (heartbeat,)
    try:
        service = build_service(
            settings,
            base=config.parent,
            given=Surroundings(
                clock=clock,
                connections=HttpConnections(settings, credentials, clock),
                notifiers=notifiers,
                journal=journal,
                recovered="" if journal.recovered is None else str(journal.recovered),
                identity=load_or_create_identity(places.identity),
                places=places,
                listeners=listeners,
                hooks=hooks_of(settings, credentials, clock),
                read_again=partial(read_settings, config),
            ),
        )
        assert service.means is not None, "a service is put together whole"
        sockets = Sockets(service.means, places)
        app = slack_app(settings.notify.slack, credentials)
        door = slack_door(app, notifiers=notifiers, means=service.means, post=service.post)
        heartbeat.tell_too(lambda: service.standing)
        # What exists now lives as long as the process; the collector need not look through it in every cycle.
        gc.freeze()
        await _watch(service, sockets, door, manager)
    finally:
        journal.close()


async def _watch(service: Service, sockets: Sockets, door: SlackDoor | None, manager: ServiceManager) -> None:
    """Run until a signal says stop, with everybody able to talk to the daemon meanwhile."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    loop.add_signal_handler(signal.SIGHUP, service.reload)
    await sockets.start()
    if door is not None:
        door.start()
    try:
        await service.run()
    finally:
        manager.stopping()
        await sockets.close()
        if door is not None:
            await door.close()
        await service.close()
