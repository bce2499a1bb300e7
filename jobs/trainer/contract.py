"""What operator and trainer say to each other. Generated from src/contract by `npm run generate`. Do not edit."""

VERSION = 1
VARIABLE = "KAITO_STEP"
FIELDS = ("model", "method", "data", "output", "checkpoints", "targetModules", "stallSeconds", "evaluation", "config")
CHECK_FIELDS = (
    "model",
    "method",
    "data",
    "output",
    "checkpoints",
    "targetModules",
    "stallSeconds",
    "evaluation",
    "config",
    "gpus",
)
# faults that are told of one check
FAULTS = 8
METHODS = ("lora", "qlora")
SECTIONS = ("ModelConfig", "QuantizationConfig", "LoraConfig", "TrainingArguments", "DatasetConfig", "DataCollator")
# the keys of each section that have a value in every message: no default for them here
CARRIED = {
    "ModelConfig": (
        "torch_dtype",
        "local_files_only",
        "device_map",
    ),
    "QuantizationConfig": (
        "load_in_4bit",
    ),
    "LoraConfig": (
        "r",
        "lora_alpha",
        "lora_dropout",
    ),
    "TrainingArguments": (
        "output_dir",
        "save_strategy",
        "save_steps",
        "save_total_limit",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "per_device_eval_batch_size",
        "num_train_epochs",
        "ddp_find_unused_parameters",
        "learning_rate",
        "max_length",
        "gradient_checkpointing",
        "logging_steps",
        "logging_first_step",
        "logging_nan_inf_filter",
        "seed",
    ),
    "DatasetConfig": (
        "shuffle_dataset",
        "shuffle_seed",
        "train_test_split",
    ),
    "DataCollator": (),
}
# reason -> exit code of the train step
EXIT_CODES = {
    "ConfigInvalid": 64,
    "DatasetInvalid": 65,
    "BaseModelUnavailable": 67,
    "CudaOutOfMemory": 68,
    "TrainingFailed": 69,
    "Stalled": 70,
    "OOMKilled": 71,
    "NotImproved": 72,
}
# what the kubelet keeps of a termination message
OUTCOME_BYTES = 4096
# files, reasons and names that are listed before it is said how many more there are, and bytes of each
ROW_ENTRIES = 10
ROW_NAME = 64
# rows that are kept back for evaluation where the config says nothing; what is said of it, and how much of it
HELD_OUT_SHARE = 0.1
HELD_OUT_MOST = 200
HELD_OUT_LEAST = 50
SAMPLES = 3
ANSWER_TOKENS = 64
SAMPLE_CHARS = 240
EVALUATION_CHARS = 3500
# beside the files of an adapter
RUN_FILE = "kaito-run.json"
METRICS_FILE = "metrics.jsonl"
METRICS_LINES = 5000
