"""Which number formats a run uses: one table of device and method, so that no two of them can disagree."""

from dataclasses import dataclass

FORMATS = ("bfloat16", "float16", "float32")
# GPUs before this compute capability have no bfloat16 and tf32 arithmetic (T4 is 7.5)
BFLOAT16_SINCE = 8


@dataclass(frozen=True)
class Precision:
    """Names of torch's dtypes, so that the table can be read and tested without torch.

    compute: of the frozen weights (for qlora: of what they are expanded to), and of mixed precision.
    adapter: of the weights that are trained.
    """

    compute: str
    adapter: str

    @property
    def bf16(self) -> bool:
        return self.compute == "bfloat16"

    @property
    def fp16(self) -> bool:
        """Mixed precision whose gradients are scaled, since small ones would be 0 in float16."""
        return self.compute == "float16"


def precision(method: str, capability: tuple[int, int] | None, wanted: str = "auto") -> Precision:
    """`capability` of the GPU, None on a CPU; `wanted` is auto or one of FORMATS, and a GPU that lacks it gets float16.

    | device         | compute  | adapter of lora | adapter of qlora |
    | -------------- | -------- | --------------- | ---------------- |
    | CPU            | float32  | float32         | bfloat16         |
    | GPU before 8.0 | float16  | float32         | float32          |
    | GPU from 8.0   | bfloat16 | float32         | bfloat16         |

    With float16, torch's GradScaler takes float32 gradients only: it has no code for bfloat16 and refuses float16.
    So adapters are float32 then, on any GPU.
    """
    if capability is None:
        compute = "float32"
    elif wanted in ("auto", "bfloat16"):
        compute = "bfloat16" if capability[0] >= BFLOAT16_SINCE else "float16"
    else:
        compute = wanted
    return Precision(compute, "bfloat16" if method == "qlora" and compute != "float16" else "float32")


def widen_trained(model, chosen: Precision, float32) -> None:
    """Makes every weight that is trained `float32` (torch's dtype) where gradients are scaled.

    Before, TRL has made qlora's adapters bfloat16, and biases that are trained along have the frozen weights' format.
    """
    if not chosen.fp16:
        return
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(float32)
