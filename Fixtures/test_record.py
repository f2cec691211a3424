"""Tests of the recorder: python -m unittest test_record (in this folder)."""

import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import nn

from record import RecordingError, record


class Handmade(nn.Module):
    """Attention as people write it themselves, called twice with one set of weights."""

    def __init__(self, fused):
        super().__init__()
        self.fused, self.project = fused, nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in self.project(x).chunk(3, -1))
        if self.fused:
            return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        return (torch.softmax(q @ k.mT / 2, dim=-1) @ v).transpose(1, 2).flatten(2)


class Twice(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return {"first": self.block(x), "both": (self.block(self.block(x)), None)}


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


class RecordTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "fixture.h5"
        torch.manual_seed(0)
        self.x = torch.randn(2, 5, 8)

    def test_attention_of_handmade_modules_is_seen(self):
        for fused in (False, True):
            record(Twice(Handmade(fused)), {"x": self.x}, self.path)
            with h5py.File(self.path) as file:
                self.assertEqual(list(file["attention"]), ["block", "block@1", "block@2"])
                table = file["attention/block"][()]
                self.assertEqual(bool(np.triu(table[0, 0], 1).any()), not fused)

    def test_outputs_have_their_own_names(self):
        recorded = record(Twice(Handmade(False)), {"x": self.x}, self.path)
        self.assertEqual(list(recorded["outputs"]), ["first", "both.0"])

    def test_float64_reference_is_float64_and_near(self):
        record(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), {"src": self.x}, self.path)
        with h5py.File(self.path) as file:
            single, exact = file["outputs/output"][()], file["float64/outputs/output"][()]
        self.assertEqual((single.dtype, exact.dtype), (np.float32, np.float64))
        self.assertTrue(0 < abs(single - exact).max() < 1e-5)

    def test_multihead_attention_is_per_head_and_callers_see_no_change(self):
        layer = nn.MultiheadAttention(8, 2, batch_first=True).eval()
        expected, mean = layer(self.x, self.x, self.x)
        inputs = {"query": self.x, "key": self.x, "value": self.x}
        recorded = record(layer, inputs, self.path)
        np.testing.assert_allclose(recorded["outputs"]["output.0"], expected.detach(), atol=1e-6)
        np.testing.assert_allclose(recorded["attention"]["attention"].mean(1), mean.detach(), atol=1e-6)

    def test_the_users_module_is_left_alone(self):
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).train()
        record(layer, {"src": self.x}, self.path)
        self.assertTrue(layer.training and layer.linear1.weight.dtype == torch.float32)
        self.assertFalse(layer._forward_hooks or layer.self_attn._forward_hooks)

    def test_randomness_is_refused(self):
        with self.assertRaisesRegex(RecordingError, "differs between two runs"):
            record(Noisy(), {"x": self.x}, self.path, attention=False)

    def test_a_reported_table_that_no_module_computes_is_kept(self):
        class Reporting(nn.Module):
            def forward(self, x):
                return {"output": x, "attentions": (torch.full((2, 3, 4, 5), 0.5),)}

        recorded = record(Reporting(), {"x": self.x}, self.path)
        self.assertEqual(list(recorded["attention"]), ["attentions.0"])
        self.assertEqual(recorded["attention"]["attentions.0"].shape, (2, 3, 4, 5))

    def test_no_attention_is_refused_unless_expected(self):
        with self.assertRaisesRegex(RecordingError, "no attention"):
            record(nn.Linear(8, 2), {"input": self.x}, self.path)
        record(nn.Linear(8, 2), {"input": self.x}, self.path, attention=False)

    def test_dotted_names_are_one_link(self):
        record(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1,
                                     enable_nested_tensor=False), {"src": self.x}, self.path)
        with h5py.File(self.path) as file:
            self.assertIn("layers.0.self_attn", list(file["attention"]))
            self.assertEqual(file.attrs["format"], "crosswalk.trace")


if __name__ == "__main__":
    unittest.main()
