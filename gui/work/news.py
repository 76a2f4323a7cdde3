"""What the window hears from the laboratory behind it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class News(QObject):
    """The signals of a session, all sent on the GUI thread and at display rate."""

    state_changed = Signal(str)  # idle, preparing, running, paused or stopping
    run_started = Signal(object)  # RunStarted
    batches = Signal(list)  # list of Batch: all since the last time, in order
    progress = Signal(object)  # Progress; four times a second at most, and when the run rests
    changed = Signal(object)  # Changed: a setting was changed while the run went on
    epoch_ended = Signal(object)  # Epoch
    judged = Signal(object)  # Judged: what became of every test image in the epoch that has ended
    ended = Signal(object)  # Ended; the last of a run, always sent
    model_changed = Signal(object)  # ModelInfo: there is another model to look at
    device_changed = Signal(str)  # the device that the model computes on now
    snapshot = Signal(object)  # ModelInfo: its weights have moved; ten times a second at most, and when the run rests
    data_changed = Signal(object)  # the data set that is there now, or None
    data_progress = Signal(object)  # DataProgress, while files are downloaded or read
    data_failed = Signal(str)  # why the chosen data set is not there
    opened = Signal(object, str)  # the Network of a model file that was read, and its path
    transferred = Signal(object, tuple)  # the Network with a new head, and its frozen layers
    saved = Signal(str)  # the path of a model file that was written
    restored = Signal(object)  # Kept: the run of the store that is about to go on
    phase = Signal(str)  # what is being prepared while the state is "preparing"
    message = Signal(str, bool)  # a line for people; True for an error
