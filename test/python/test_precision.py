"""The table of number formats, for GPUs that this machine need not have."""

import unittest

from precision import Precision, precision, widen_trained

T4, A100, A10, H100 = (7, 5), (8, 0), (8, 6), (9, 0)


class Table(unittest.TestCase):
    def test_cpu_computes_in_float32_whatever_is_wanted(self):
        for wanted in ("auto", "bfloat16", "float16", "float32"):
            self.assertEqual(precision("lora", None, wanted), Precision("float32", "float32"))
            self.assertEqual(precision("qlora", None, wanted), Precision("float32", "bfloat16"))

    def test_gpus_with_bfloat16_use_it(self):
        for gpu in (A100, A10, H100):
            self.assertEqual(precision("lora", gpu), Precision("bfloat16", "float32"))
            self.assertEqual(precision("qlora", gpu), Precision("bfloat16", "bfloat16"))

    def test_gpus_without_bfloat16_scale_gradients_of_float32_adapters(self):
        for method in ("lora", "qlora"):
            for wanted in ("auto", "bfloat16", "float16"):
                self.assertEqual(precision(method, T4, wanted), Precision("float16", "float32"))

    def test_float16_asked_for_on_a_newer_gpu_is_trained_the_same_way(self):
        self.assertEqual(precision("qlora", A100, "float16"), Precision("float16", "float32"))

    def test_float32_asked_for_needs_no_mixed_precision(self):
        chosen = precision("qlora", T4, "float32")
        self.assertEqual((chosen.compute, chosen.bf16, chosen.fp16), ("float32", False, False))

    def test_scaled_gradients_never_meet_other_than_float32(self):
        for method in ("lora", "qlora"):
            for gpu in (None, T4, A100, A10, H100):
                for wanted in ("auto", "bfloat16", "float16", "float32"):
                    chosen = precision(method, gpu, wanted)
                    self.assertFalse(chosen.bf16 and chosen.fp16)
                    if chosen.fp16:
                        self.assertEqual(chosen.adapter, "float32")


class Data:
    """As much of a tensor as a cast needs."""

    def __init__(self, dtype: str):
        self.dtype = dtype

    def to(self, dtype: str):
        return Data(dtype)


class Weight:
    def __init__(self, dtype: str, requires_grad: bool):
        self.data = Data(dtype)
        self.requires_grad = requires_grad


class Model:
    def __init__(self, *weights: Weight):
        self.weights = weights

    def parameters(self):
        return iter(self.weights)

    def formats(self):
        return [weight.data.dtype for weight in self.weights]


class Widening(unittest.TestCase):
    def model(self):
        return Model(
            Weight("uint8", False), Weight("bfloat16", True), Weight("float16", True), Weight("float16", False)
        )

    def test_what_is_trained_becomes_float32_where_gradients_are_scaled(self):
        model = self.model()
        widen_trained(model, precision("qlora", T4), "float32")
        self.assertEqual(model.formats(), ["uint8", "float32", "float32", "float16"])

    def test_nothing_is_touched_elsewhere(self):
        for gpu in (None, A100):
            model = self.model()
            widen_trained(model, precision("qlora", gpu), "float32")
            self.assertEqual(model.formats(), self.model().formats())


if __name__ == "__main__":
    unittest.main()
