"""`Event`, `Summary` and what they are made of: the records of event files; and reading these."""

from fastgrad.errors import DamagedFileError
from fastgrad.io.plain_messages import declare
from fastgrad.io.records import read_records

MESSAGES = declare({
    "Summary": "1 value Summary.Value*",
    "Summary.Value": "1 tag string, 7 node_name string, 9 metadata SummaryMetadata, "
                     "2 value/simple_value float, 3 value/obsolete_old_style_histogram bytes, "
                     "4 value/image Summary.Image, 5 value/histo HistogramProto, "
                     "6 value/audio Summary.Audio, 8 value/tensor TensorProto",
    "Summary.Image": "1 height int32, 2 width int32, 3 colorspace int32, "
                     "4 encoded_image_string bytes",
    "Summary.Audio": "1 sample_rate float, 2 num_channels int64, 3 length_frames int64, "
                     "4 encoded_audio_string bytes, 5 content_type string",
    "HistogramProto": "1 min double, 2 max double, 3 num double, 4 sum double, "
                      "5 sum_squares double, 6 bucket_limit double*, 7 bucket double*",
    "SummaryMetadata": "1 plugin_data SummaryMetadata.PluginData, 2 display_name string, "
                       "3 summary_description string, 4 data_class int32",
    "SummaryMetadata.PluginData": "1 plugin_name string, 2 content bytes",
    "TensorProto": "1 dtype int32, 2 tensor_shape TensorShapeProto, 3 version_number int32, "
                   "4 tensor_content bytes, 13 half_val int32*, 5 float_val float*, "
                   "6 double_val double*, 7 int_val int32*, 8 string_val bytes*, "
                   "9 scomplex_val float*, 10 int64_val int64*, 11 bool_val bool*, "
                   "12 dcomplex_val double*, 16 uint32_val uint32*, 17 uint64_val uint64*",
    "TensorShapeProto": "2 dim TensorShapeProto.Dim*, 3 unknown_rank bool",
    "TensorShapeProto.Dim": "1 size int64, 2 name string",
    "LogMessage": "1 level int32, 2 message string",
    "SessionLog": "1 status int32, 2 checkpoint_path string, 3 msg string",
    "TaggedRunMetadata": "1 tag string, 2 run_metadata bytes",
    "Event": "1 wall_time double, 2 step int64, 3 what/file_version string, "
             "4 what/graph_def bytes, 5 what/summary Summary, 6 what/log_message LogMessage, "
             "7 what/session_log SessionLog, 8 what/tagged_run_metadata TaggedRunMetadata, "
             "9 what/meta_graph_def bytes",
}, __name__)
globals().update(MESSAGES)
Event, Summary, SessionLog = (MESSAGES[n] for n in ("Event", "Summary", "SessionLog"))
SessionLog.STATUS_UNSPECIFIED, SessionLog.START, SessionLog.STOP, SessionLog.CHECKPOINT = range(4)


def summary_iterator(path):
    """The events of an event file, one after the other, as `Event` messages.

    Parameters
    ----------
    path : str
        A file that a `FileWriter` of this or of TensorFlow wrote.

    Raises
    ------
    NotInFileError
        If there is no such file.
    DamagedFileError
        At the record that is damaged or cut off.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with summary.FileWriter(folder) as writer:
    ...     writer.add_summary(Session().run(summary.scalar("loss", 0.5)), 7)
    >>> import glob
    >>> for event in train.summary_iterator(glob.glob(folder + "/*")[0]):
    ...     for value in event.summary.value:
    ...         print(event.step, value.tag, value.simple_value)
    7 loss 0.5
    """
    for number, data in enumerate(read_records(path)):
        try:
            yield Event.FromString(data)
        except DamagedFileError as e:
            raise DamagedFileError(f"{path!r}: record {number} is no event: {e}") from None


__all__ = [*(n for n in MESSAGES if "." not in n), "summary_iterator"]
