"""Be a DICOM node: series come in by C-STORE or DICOMweb, are segmented by rules, and results are sent to peers.

CONFIG is a TOML file: who the node is, who may call, who is asked, the rules, the peers. A series is taken for complete
after a quiet time. What has come and what waits to be sent lies in a folder, where a kill loses nothing;
what cannot be segmented or sent stays in its subfolder failed. Logs hold no name, id or date of a patient.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pleura.cli.console import flush, say
from pleura.cli.paths import path
from pleura.cli.signals import received_name


@dataclass(frozen=True)
class Options:
    """What `pleura node` is asked for; the fields are its arguments."""

    config: Path
    quiet: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("--config", type=path, metavar="FILE", required=True, help="what the node is, as TOML")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def run(options: Options) -> int:
    """Run until a signal ends it."""
    from threading import Event

    from pleura.serving.config_file import read_config
    from pleura.serving.log import LOG, write_log
    from pleura.serving.metrics import serve_metrics
    from pleura.serving.node import Node

    config = read_config(options.config)
    write_log(sys.stderr, quiet=options.quiet)
    try:
        with ExitStack() as stack:
            node = Node(config)
            stack.callback(node.close)
            if config.http_port:
                stack.enter_context(serve_metrics(node, config.http_port))
            if config.calling_titles:
                say(f"{config.ae_title} listens on {config.address} port {config.port}")
            for query in config.queries:
                say(f"{config.ae_title} asks {query.peer} every {query.seconds:g} s")
            flush()
            node.run(Event())
    except (KeyboardInterrupt, SystemExit):
        LOG.info("stopped by %s; what has come and what waits to be sent stays", received_name())
        raise
    return 0
