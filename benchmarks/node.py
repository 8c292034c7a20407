"""What a DICOM node survives: many associations at once, kills, strangers, bad objects; and how soon a result is back.

    python benchmarks/node.py --series 10 --associations 1000 --kills 50 --bad 7500 --tls 2500
    python benchmarks/node.py --only bad --bad 500

Series of a drawn chest, each of another patient, are sent to `pleura node` slice by slice, every slice by an
association of its own and as often as it takes, while the node is ended by SIGKILL and started again; a small archive
beside it takes what comes back. Kills wait for one state after the other: an object is being written, a series comes,
is segmented, has results, has results on their way. `lost` counts series without a segmentation at the end. `bad` sends
wrong titles, noise in place of calls, and objects of no series, `tls` calls without TLS, without a certificate and with
one of nobody's; `let in` counts what was taken of it, `crashes` says whether the node is still there. `time` is from
the last of 133 slices to the segmentation, less the quiet time.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pydicom
from pydicom.uid import generate_uid
from pynetdicom import AE, AllStoragePresentationContexts, evt

from pleura.phantom import chest, write_dicom


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for unused in sockets:
            unused.bind(("127.0.0.1", 0))
        return [int(unused.getsockname()[1]) for unused in sockets]


_PORT, _ARCHIVE = free_ports(2)
_AT_A_TIME = 50
_QUIET = 3.0
_PATIENCE = 1800
_STATES = ("receiving", "incoming", "taken", "segmented", "outgoing")
_STATE_SECONDS = 20.0
"""In which a state is waited for: the node segments one series after the other."""
_CONFIG = f"""
folder = "node"
port = {_PORT}
calling_titles = ["SCANNER"]
quiet_seconds = {_QUIET}
min_free_mb = 1
max_associations = {_AT_A_TIME}
[peers.archive]
ae_title = "ARCHIVE"
address = "127.0.0.1"
port = {_ARCHIVE}
[[rules]]
modality = "CT"
min_slices = SLICES
send_to = ["archive"]
"""


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=4)
    parser.add_argument("--associations", type=int, default=100)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--bad", type=int, default=300)
    parser.add_argument("--tls", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("time", "kills", "bad", "tls"))
    options = parser.parse_args()
    generator = random.Random(options.seed)
    parts = {
        "time": lambda folder: result_time(folder),
        "kills": lambda folder: kills(folder, options.series, options.associations, options.kills, generator),
        "bad": lambda folder: bad(folder, options.bad, generator),
        "tls": lambda folder: bad_tls(folder, options.tls),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                part(Path(folder))


def draw(folder: Path, slices: int, side: int, number: int) -> list[Path]:
    """Write a series of a drawn chest that no other shares a patient, study or UID with."""
    write_dicom(chest((slices, side, side), (320 / slices, 400 / side, 400 / side)), folder)
    uids: dict[str, str] = {}
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PatientID = f"p{number}"
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
            uid = str(dataset[keyword].value)
            setattr(dataset, keyword, uids.setdefault(uid, generate_uid(entropy_srcs=[uid, str(number)])))
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.PixelData = dataset.PixelData[:-2] + number.to_bytes(2, "little")
        dataset.save_as(file)
    return sorted(folder.iterdir())


@contextmanager
def archive() -> Iterator[list[tuple[str, str, float]]]:
    """Give the list of what the peer is sent: modality, series that it was made of, and when."""
    kept: list[tuple[str, str, float]] = []

    def store(event: Any) -> int:
        dataset = event.dataset
        kept.append((dataset.Modality, dataset.ReferencedSeriesSequence[0].SeriesInstanceUID, time.monotonic()))
        return 0

    entity: Any = AE(ae_title="ARCHIVE")
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(context.abstract_syntax)
    server = entity.start_server(("127.0.0.1", _ARCHIVE), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
    try:
        yield kept
    finally:
        server.shutdown()


def start(folder: Path, slices: int, tls: str = "") -> subprocess.Popen[bytes]:
    """Start the node and return it once it listens."""
    (folder / "node.toml").write_text(_CONFIG.replace("SLICES", str(slices)) + tls)
    command = [sys.executable, "-m", "pleura", "node", "--config", "node.toml"]
    node = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=(folder / "log").open("ab"))
    assert node.stdout is not None
    if not node.stdout.readline():
        raise SystemExit((folder / "log").read_text())
    return node


def send(
    dataset: pydicom.Dataset, title: str = "SCANNER", called: str = "PLEURA", tls: ssl.SSLContext | None = None
) -> bool:
    """Send an object by an association of its own, and say whether it was taken."""
    entity: Any = AE(ae_title=title)
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", _PORT, ae_title=called, tls_args=tls and (tls, None))
    if not association.is_established:
        return False
    try:
        return int(getattr(association.send_c_store(dataset), "Status", -1)) == 0
    except (ValueError, RuntimeError):
        return False
    finally:
        association.release()


def until_taken(file: Path) -> None:
    """Send an object until the node has taken it, as an archive does."""
    dataset = pydicom.dcmread(file)
    while not send(dataset):
        time.sleep(0.5)


def result_time(folder: Path) -> None:
    """Print how long after the last of 133 slices and the quiet time the segmentation is there."""
    files = draw(folder / "scan", 133, 512, 1)
    with archive() as kept:
        node = start(folder, 133)
        time.sleep(20)  # the model is loaded by then
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(until_taken, files))
        sent = time.monotonic()
        wait_for(lambda: bool(kept))
        print(f"133 slices of 512 x 512: {kept[0][2] - sent - _QUIET:.1f} s beyond the quiet time of {_QUIET:.0f} s")
        print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        node.terminate()
        node.wait()


def kills(folder: Path, count: int, associations: int, wanted: int, generator: random.Random) -> None:
    """Send series through kills of the node; print what was lost or doubled."""
    slices = max(10, associations // count)
    files = [draw(folder / f"scan{number}", slices, 64, number) for number in range(count)]
    series = {str(pydicom.dcmread(one[0]).SeriesInstanceUID) for one in files}
    killed: Counter[str] = Counter()
    with archive() as kept:
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            node = start(folder, slices)
            mixed = [file for together in zip(*files, strict=True) for file in together]
            sending = Thread(target=lambda: list(pool.map(until_taken, mixed)))
            sending.start()
            while killed.total() < wanted:
                state = _STATES[killed.total() % len(_STATES)]
                time.sleep(generator.uniform(0.0, 3.0))
                found = wait_for(lambda of=folder / "node" / state: any(of.iterdir()), _STATE_SECONDS, 0.002)
                node.send_signal(signal.SIGKILL)
                node.wait()
                killed[state if found else "idle"] += 1
                node = start(folder, slices)
            sending.join()
        wait_for(lambda: {one[1] for one in kept} == series)
        time.sleep(_QUIET + 5)
        node.terminate()
        node.wait()
    lost = len(series - {one[1] for one in kept})
    left = [path for path in (folder / "node").glob("*/*") if path.parent.name != "receiving"]
    failed = [path for path in left if path.parent.name == "failed"]
    print(
        f"{count} series, {len(mixed)} associations, {killed.total()} kills: "
        f"lost {lost}, failed {len(failed)}, left {len(left)}"
    )
    print(", ".join(f"{number} with objects in {state}" for state, number in killed.items()))
    print(f"sent {len(kept)} times, of {len(series)} (a result is sent again where the kill came before its answer)")


def bad(folder: Path, count: int, generator: random.Random) -> None:
    """Send what no node may take; print what was let in, and whether the node is still there."""
    good = pydicom.dcmread(draw(folder / "scan", 10, 32, 1)[0])
    node = start(folder, 10)
    let_in = 0
    kinds = (
        lambda: send(good, title="STRANGER"),
        lambda: send(good, called="OTHER"),
        lambda: noise(generator),
        lambda: send(without(good, generator)),
    )
    for number in range(count):
        let_in += bool(kinds[number % len(kinds)]())
    alive = node.poll() is None and send(good)
    print(f"{count} bad calls and objects: let in {let_in}, crashes {0 if alive else 1}")
    node.terminate()
    node.wait()


def bad_tls(folder: Path, count: int) -> None:
    """Call a node that asks for certificates without a known one; print what was let in."""
    good = pydicom.dcmread(draw(folder / "scan", 10, 32, 1)[0])
    for name in ("node", "scanner", "stranger"):
        make_certificate(folder, name)
    tls = '[tls]\ncertificate = "node.pem"\nkey = "node.key"\nclients = "scanner.pem"\n'
    node = start(folder, 10, tls)
    known, stranger, nobody = (client(folder, name) for name in ("scanner", "stranger", ""))
    kinds = (None, stranger, nobody)
    let_in = sum(send(good, tls=kinds[number % len(kinds)]) for number in range(count))
    alive = node.poll() is None and send(good, tls=known)
    print(f"{count} calls without a known certificate: let in {let_in}, crashes {0 if alive else 1}")
    node.terminate()
    node.wait()


def make_certificate(folder: Path, name: str) -> None:
    """Write a key and a certificate that it signs itself."""
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command = ["openssl", *words, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"]
    subprocess.run(command, check=True, capture_output=True)


def client(folder: Path, name: str) -> ssl.SSLContext:
    """Return what calls the node, with the certificate of that name."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(folder / "node.pem"))
    context.check_hostname = False
    if name:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def noise(generator: random.Random) -> bool:
    """Send random bytes to the port, half of them behind the head of a call."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", _PORT), timeout=5) as connection:
        length = generator.randrange(1, 3000)
        head = b"\x01\x00" + length.to_bytes(4, "big") if generator.random() < 0.5 else b""
        connection.sendall(head + generator.randbytes(length))
    return False


def without(good: pydicom.Dataset, generator: random.Random) -> pydicom.Dataset:
    """Return an object whose series cannot be known: without its UID."""
    damaged = pydicom.dcmread(good.filename)
    del damaged.SeriesInstanceUID
    damaged.SOPInstanceUID = generate_uid(entropy_srcs=[str(generator.random())])
    return damaged


def wait_for(what: Callable[[], bool], seconds: float = _PATIENCE, step: float = 0.2) -> bool:
    """Wait until something holds, and say whether it does."""
    until = time.monotonic() + seconds
    while not (holds := what()) and time.monotonic() < until:
        time.sleep(step)
    return holds


if __name__ == "__main__":
    main()
