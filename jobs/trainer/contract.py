"""What operator and trainer say to each other. Generated from src/contract by `npm run generate`. Do not edit."""

VERSION = 1
VARIABLE = "KAITO_STEP"
FIELDS = ("model", "method", "data", "output", "checkpoints", "targetModules", "config")
METHODS = ("lora", "qlora")
SECTIONS = ("ModelConfig", "QuantizationConfig", "LoraConfig", "TrainingArguments", "DatasetConfig", "DataCollator")
# reason -> exit code of the train step
EXIT_CODES = {
    "ConfigInvalid": 64,
    "DatasetInvalid": 65,
    "BaseModelUnavailable": 67,
    "OutOfMemory": 68,
    "TrainingFailed": 69,
}
# what the kubelet keeps of a termination message
OUTCOME_BYTES = 4096
# files, reasons and names that are listed before it is said how many more there are, and characters of each
ROW_ENTRIES = 10
ROW_NAME = 64
