"""A training run from the command line: what was ordered, made ready, run, kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..graph import Network
from ..io import load, load_training_state
from ..runs.checkpoint import Checkpoint
from ..runs.recording import Recording
from ..runs.sinks import Sink, observed
from ..runtime.model import Model
from ..spec import ConvscopeError
from ..train import Ended, Epoch, Event, Started, TrainRun, Warned, fit
from ..train.outcome import DivergedError
from ..train.recipes import recipe
from ..zoo import build_for
from . import sources
from .interrupt import interruptible
from .output import PipeClosed, complain, say
from .preparing import Change
from .report import JsonReport, Report, TextReport
from .run_options import Kept

if TYPE_CHECKING:
    from ..data import Dataset

BAD_INPUT, FAILED = 2, 1
_NO_FILE = "; --out FILE writes its model to a file of yours"


@dataclass(frozen=True)
class Order:
    """The options of `convscope train`; None where none was given."""

    target: str | None
    data: str
    data_dir: Path | None
    settings: Mapping[str, Any]
    """What `fit` is asked for, under its names."""
    init: str | None
    device: str
    recompute: bool
    out: Path | None
    resume: Path | None
    as_json: bool
    kept: Kept
    change: Change | None = None
    """Makes the model to train of the one that was named; a resumed run has been changed already."""


def run(order: Order) -> int:
    """Carry the order out and return the exit status."""
    if order.target is None and order.resume is None:
        raise ConvscopeError("Name what to train: an architecture (see convscope zoo), a file, or --resume FILE.")
    checkpoint = Checkpoint(order.out) if order.out else None
    if checkpoint:
        checkpoint.check()
    source = sources.opened(order.target, order.device) if order.target else None
    resumed = load(order.resume, order.device) if order.resume else None
    state = _saved_state(order.resume) if order.resume else None
    dataset = sources.dataset(order.data, order.data_dir, order.as_json)
    model = _model(source, dataset, order, resumed)
    if order.change and resumed is None:
        model = order.change(model, dataset)
    model.recompute = order.recompute
    training = fit(model, dataset, resume=state, **order.settings)
    if checkpoint:
        checkpoint.check_room(model, _copies(training))
    recording = order.kept.record(training, sources.source(order.data, order.data_dir))
    return carry_out(recording or training, checkpoint, order.kept.sinks(), order.as_json)


def _copies(training: TrainRun) -> int:
    """How many times the weights a file holds: they, the optimiser's arrays, and both once more of the best epoch."""
    copies = 1 + len(training.settings.optimizer.buffers)
    return 2 * copies if training.settings.early_stopping else copies


def _saved_state(path: Path) -> dict[str, Any]:
    state = load_training_state(path)
    if state is None:
        raise ConvscopeError(
            f"{path} holds a model but no training to go on with; name it in place of ARCH to train it anew."
        )
    return state


def _model(source: Network | Model | str | None, dataset: Dataset, order: Order, resumed: Model | None) -> Model:
    """The model to go on with; else the one in a file, or a new one for an architecture or a network."""
    if isinstance(source, str):
        source = build_for(source, dataset.image_shape, len(dataset.classes))
    if order.init and (resumed is not None or isinstance(source, Model)):
        raise ConvscopeError("--init is for new weights, and the model has some already; leave it out.")
    if resumed is not None:
        _refuse_another_network(source, resumed, order)
        return resumed
    if isinstance(source, Model):
        return source
    assert source is not None  # `run` has asked for one or the other
    return Model(
        source, order.device, order.settings["seed"] or 0, dataset.preprocessing, dataset.classes, _init(order)
    )


def _init(order: Order) -> Any:
    """How new weights start: as asked, else as the recipe says, if one is named."""
    preset = order.settings["recipe"]
    return order.init or (recipe(preset).initialiser if preset else None)


def _refuse_another_network(source: Network | Model | None, resumed: Model, order: Order) -> None:
    """ConvscopeError if both a network and a run to resume are named and do not go together."""
    network = source.network if isinstance(source, Model) else source
    if network is not None and (network.input, network.nodes) != (resumed.network.input, resumed.network.nodes):
        raise ConvscopeError(f"{order.resume} holds another network than {order.target}; leave {order.target} out.")


def carry_out(run: TrainRun | Recording, checkpoint: Checkpoint | None, sinks: Sequence[Sink], as_json: bool) -> int:
    """Run to the end, showing and keeping what happens; the exit status."""
    recording = run if isinstance(run, Recording) else None
    training = recording.training if recording else run
    assert isinstance(training, TrainRun)
    report: Report = JsonReport() if as_json else TextReport(training)
    events = observed(_kept(run, training, checkpoint), sinks)
    with interruptible(training.cancel) as interruption:
        ended = _shown(events, training, report)
    lost = checkpoint is not None and checkpoint.error is not None
    if checkpoint and lost:
        complain(_rescued(checkpoint, training))
    if recording and recording.folder.checkpoints.error:
        lost, recording = lost or checkpoint is None, None  # where its model is was told by its last event
    if ended.reason == "error":
        return _failure(training, ended, recording)
    if not lost and not as_json:
        say(_whereabouts(checkpoint, recording, ended))
    if ended.reason == "cancelled":
        return interruption.status
    return BAD_INPUT if lost else 0


def _shown(events: Iterator[Event], training: TrainRun, report: Report) -> Ended:
    """Run to the end, showing every event; the last of them. If nobody reads any more, stop and keep the model."""
    last: Event | None = None
    with report:
        try:
            for last in events:
                report.show(last)
        except PipeClosed:
            training.cancel()
            list(events)
            raise
    assert isinstance(last, Ended)  # always sent
    return last


def _kept(run: Iterator[Event], training: TrainRun, checkpoint: Checkpoint | None) -> Iterator[Event]:
    """The events, with the model written before an epoch's or a stopped run's event is passed on."""
    started_at, last = 0, 0
    for event in run:
        if isinstance(event, Started):
            started_at = event.step
        if isinstance(event, Epoch):
            last = event.epoch
        went_back = isinstance(event, Ended) and event.reason == "completed" and event.epoch < last
        if checkpoint and (went_back or _worth_keeping(event, started_at, checkpoint)):
            failed_before = checkpoint.error is not None
            if not checkpoint.write(training.model, training.state()) and not failed_before:
                yield Warned(f"{checkpoint.error} Training goes on and will try again.")
        yield event


def _worth_keeping(event: Event, started_at: int, checkpoint: Checkpoint) -> bool:
    """After every epoch, and where a run was stopped with something learned since."""
    if isinstance(event, Epoch):
        return True
    return (
        isinstance(event, Ended)
        and (event.reason == "cancelled" or checkpoint.error is not None)
        and event.step > started_at
    )


def _whereabouts(checkpoint: Checkpoint | None, recording: Recording | None, ended: Ended) -> str:
    stopped, places = ended.reason == "cancelled", []
    if recording:
        then = f"; go on with convscope runs resume {recording.id}" if stopped else ""
        places.append(f"The run is kept as {recording.id}{then}{'' if checkpoint else _NO_FILE}.")
    if checkpoint and checkpoint.path.exists():
        go_on = f"; go on with --resume {checkpoint.path}" if stopped else ""
        places.append(f"The model is in {checkpoint.path}{go_on}.")
    elif checkpoint:
        places.append("There is nothing to keep yet.")
    return "\n".join(places) or "The model was not kept; name a file with --out to keep it."


def _rescued(checkpoint: Checkpoint, training: TrainRun) -> str:
    place = checkpoint.rescue(training.model, training.state())
    if place is None:
        return f"{checkpoint.error} It could not be kept anywhere else either."
    return f"{checkpoint.error} The model was kept in {place} instead."


def _failure(training: TrainRun, ended: Ended, recording: Recording | None) -> int:
    """Say why a run ended with an error; an unforeseen one is raised for the guard of the command line."""
    if isinstance(training.error, ConvscopeError):
        complain(f"{ended.message} --shrink-batch takes it." if ended.fits else ended.message)
        return BAD_INPUT
    if isinstance(training.error, DivergedError):
        again = f" The last good checkpoint: convscope runs resume {recording.id} --lr …" if recording else ""
        complain(f"{ended.message}{again}")
        return FAILED
    raise training.error or RuntimeError(ended.message)
