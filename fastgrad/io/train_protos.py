"""`CheckpointState` and `SaverDef`: what TensorFlow's savers leave beside the values."""

from fastgrad.io.plain_messages import declare

MESSAGES = declare({
    "CheckpointState": "1 model_checkpoint_path string, 2 all_model_checkpoint_paths string*, "
                       "3 all_model_checkpoint_timestamps double*, "
                       "4 last_preserved_timestamp double",
    "SaverDef": "1 filename_tensor_name string, 2 save_tensor_name string, "
                "3 restore_op_name string, 4 max_to_keep int32, 5 sharded bool, "
                "6 keep_checkpoint_every_n_hours float, 7 version int32",
}, __name__)
CheckpointState, SaverDef = MESSAGES["CheckpointState"], MESSAGES["SaverDef"]
SaverDef.LEGACY, SaverDef.V1, SaverDef.V2 = 0, 1, 2
__all__ = list(MESSAGES)
