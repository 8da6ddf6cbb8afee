"""/healthz: alive; /readyz: able to serve; /metrics for Prometheus, on a port of its own."""

from collections.abc import Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from server.wiring import Parley
from storage.delivery_log import QueueFigures
from storage.errors import Contended, Unavailable


class Health:
    def __init__(self, parley: Parley) -> None:
        self._parley = parley

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.alive), web.get("/readyz", self.ready)]

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when the database answers and the intake has room; else 503 that says which."""
        try:
            async with self._parley.database.read() as tx:
                await tx.timers.next_due_at()
        except (Unavailable, Contended):
            return web.json_response({"status": "no database"}, status=503)
        if self._parley.is_stopping:
            return web.json_response({"status": "stopping"}, status=503)
        return web.json_response({"status": "ok"})


class Metrics:
    """Read when they are asked for; nothing is counted twice."""

    def __init__(self, parley: Parley) -> None:
        self._parley = parley
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._depths: dict[tuple[str, str], int] = {}
        self._queues: dict[str, QueueFigures] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/metrics", self.serve)])
        return app

    async def serve(self, _request: web.Request) -> web.Response:
        parley = self._parley
        async with parley.database.read() as tx:
            depths = await tx.sends.depth()
            if parley.deliverers:
                keys = [one.endpoint.key for one in parley.deliverers]
                self._queues = await tx.delivery_log.figures(keys)
        self._depths = {(str(a), s): n for (a, s), n in depths.items()}
        return web.Response(
            body=generate_latest(self._registry),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    def collect(self) -> Iterator[Metric]:
        parley = self._parley
        tally = parley.webhooks.tally
        events = CounterMetricFamily(
            "parley_webhooks", "Webhook requests by what became of them", labels=["outcome"]
        )
        events.add_metric(["taken"], tally.taken)
        events.add_metric(["unproven"], tally.unproven)
        events.add_metric(["unparsable"], tally.unparsable)
        events.add_metric(["refused"], tally.refused)
        yield events
        repeated = CounterMetricFamily(
            "parley_webhook_redeliveries", "Requests that came before in vain", labels=["account"]
        )
        for name, count in tally.repeated.items():
            repeated.add_metric([name], count)
        yield repeated
        yield CounterMetricFamily("parley_events", "Events committed", value=parley.intake.events)
        yield CounterMetricFamily(
            "parley_batches", "Transactions of the intake", value=parley.intake.batches
        )
        yield CounterMetricFamily(
            "parley_rejected", "Events put aside", value=parley.intake.rejections
        )
        yield CounterMetricFamily(
            "parley_flow_problems", "Problems that flows ran into", value=parley.reports
        )
        yield GaugeMetricFamily(
            "parley_intake_depth", "Requests that wait for the intake", value=parley.intake.depth
        )
        yield GaugeMetricFamily("parley_inbox_watchers", "Open inboxes", value=parley.hub.watchers)
        files = CounterMetricFamily(
            "parley_files", "Files of contacts by what became of them", labels=["outcome"]
        )
        files.add_metric(["stored"], parley.collector.stored)
        files.add_metric(["failed"], parley.collector.failed)
        yield files
        alerts = CounterMetricFamily(
            "parley_alerts",
            "What operators who are away were told, by way and what became of it",
            labels=["way", "outcome"],
        )
        for (way, outcome), count in parley.alerting.outcomes.items():
            alerts.add_metric([way, outcome], count)
        yield alerts
        yield CounterMetricFamily(
            "parley_escalations",
            "Conversations that nobody answered for too long",
            value=parley.alerting.escalated,
        )
        webhooks = GaugeMetricFamily(
            "parley_webhook_problems", "What is wrong with a webhook", labels=["account"]
        )
        for account, count in parley.watcher.problems.items():
            webhooks.add_metric([account], count)
        yield webhooks
        yield from self._sends()
        yield from self._deliveries()

    def _deliveries(self) -> Iterator[Metric]:
        labels = ["site", "endpoint"]
        outcomes = CounterMetricFamily(
            "parley_deliveries",
            "Webhooks to sites by what came of each call",
            labels=[*labels, "outcome"],
        )
        depth = GaugeMetricFamily(
            "parley_deliveries_depth", "Webhooks that wait to be delivered", labels=labels
        )
        age = GaugeMetricFamily(
            "parley_deliveries_age_seconds", "How long the oldest of them waits", labels=labels
        )
        now = self._parley.clock()
        for deliverer in self._parley.deliverers:
            one = deliverer.endpoint
            named = [one.site, one.key[:8]]
            for outcome, count in deliverer.outcomes.items():
                outcomes.add_metric([*named, outcome], count)
            queue = self._queues.get(one.key, QueueFigures(0, None))
            depth.add_metric(named, queue.waiting)
            waits = (now - queue.oldest).total_seconds() if queue.oldest else 0.0
            age.add_metric(named, max(0.0, waits))
        yield outcomes
        yield depth
        yield age

    def _sends(self) -> Iterator[Metric]:
        outcomes = CounterMetricFamily(
            "parley_sends", "Sends by account and outcome", labels=["account", "outcome"]
        )
        for account, sender in self._parley.senders.items():
            for outcome, count in sender.outcomes.items():
                outcomes.add_metric([account, outcome], count)
        yield outcomes
        depth = GaugeMetricFamily(
            "parley_outbox_depth", "Sends that wait or are under way", labels=["account", "status"]
        )
        for (name, status), count in self._depths.items():
            depth.add_metric([name, status], count)
        yield depth
